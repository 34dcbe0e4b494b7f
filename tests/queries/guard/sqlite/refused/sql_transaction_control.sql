begin

begin immediate

commit

end

rollback

savepoint x

release x

attach 'other.db' as other

ATTACH database '/var/lib/baselayer/app.db' as app

detach other

pragma query_only = 0

pragma table_info(t)

pragma writable_schema = 1

pragma journal_mode = wal
