insert into t values (1)

replace into t values (1)

update t set a = 1

update t set a = 1 where b in (select 1)

delete from t

delete t from t join u using (id)

insert into t select * from u

insert into t (a) values (1) on duplicate key update a = 2

insert into t values (1) returning a

with x as (select 1) delete from t

with x as (select 1) update t set a = 1

create table t (a int)

create table t as select 1

create or replace view v as select 1

create function f() returns int return 1

create user u

create temporary table t (a int)

drop table t

drop database d

alter table t add b int

truncate t

truncate table t

rename table a to b

grant all on *.* to u

revoke all on *.* from u

analyze table t

analyze select * from t

analyze format=json select sleep(1)

optimize table t

repair table t

check table t

flush tables

flush tables with read lock

kill 5

kill query 5

load data infile '/etc/passwd' into table t

load data local infile '/etc/passwd' into table t

load xml infile '/x' into table t

install plugin x soname 'x.so'

uninstall plugin x

purge binary logs to 'x'

reset master

change master to master_host='x'

shutdown

import table from 'x'

select * from t for update

select * from t for share

select * from t lock in share mode

select * from t for update nowait

select a into @x from t

select 1 into @x

explain analyze select * from t

explain delete from t

explain update t set a = 1

explain insert into t values (1)

desc delete from t

cache index t in x

signal sqlstate '45000'
