begin

begin transaction

start transaction

commit

rollback

abort

end

attach 'x.db' as x

attach '/tmp/x.db' (type sqlite)

ATTACH 'postgres:dbname=x' as x

detach x

use x

set threads = 4

set memory_limit = '100GB'

set enable_external_access = true

set lock_configuration = false

set variable x = 1

reset threads

reset memory_limit

install httpfs

install spatial from community

load httpfs

load '/tmp/x.duckdb_extension'

pragma version

pragma table_info('t')

pragma database_list

call pragma_version()

call force_checkpoint()

prepare p as select 1

execute p

deallocate p
