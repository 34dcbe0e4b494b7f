begin

start transaction

start transaction read write

start slave

commit

rollback

rollback to x

savepoint x

release savepoint x

set autocommit = 0

set session transaction read write

set global general_log = 1

set password = 'x'

set sql_mode = 'ANSI_QUOTES'

set names gbk

set statement max_statement_time=0 for select 1

set statement sql_mode='' for delete from t

set role x

lock tables t write

unlock tables

xa start 'x'

prepare p from 'delete from t'

execute p

execute immediate 'delete from t'

execute immediate concat('drop ', 'table t')

deallocate prepare p

do sleep(9)

do get_lock('a', 1)

handler t open

handler t read first

handler t close

call p()

use mysql

help 'x'

get diagnostics @x = number

binlog 'x'

backup stage start

stop slave

table t

restart

clone local data directory '/x'
