begin

begin transaction read write

start transaction

commit

COMMIT AND CHAIN

end

rollback

rollback to savepoint a

abort

savepoint a

release a

prepare transaction 'x'

commit prepared 'x'

set transaction read write

set session characteristics as transaction read write

set transaction_read_only = off

set local statement_timeout = 0

set role postgres

set session authorization postgres

SET search_path TO public

/* hidden */ set role postgres

reset all

reset role

discard all

prepare p as delete from t

execute p

explain execute p

deallocate all

do $$ begin delete from t; end $$

do language plpgsql 'begin delete from t; end'

call p()

copy t from stdin

copy t to stdout

copy (select 1) to program 'touch /tmp/x'

copy t to '/tmp/x'

copy t from program 'id'

copy (delete from t returning *) to stdout

lock table t in access exclusive mode

lock t

listen c

unlisten *

notify c, 'x'

declare c cursor for select 1

explain declare c cursor for select 1

fetch all from c

move c

close all

load 'plpgsql'

checkpoint

explain analyze commit
