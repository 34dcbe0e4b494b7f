insert into t values (1)

insert into t select * from u returning *

update t set a = 1

delete from t

delete from only t using u where t.id = u.id returning t.*

merge into t using u on t.id = u.id when matched then delete

with x as (select 1) insert into t select * from x

with x as (delete from t returning *) select * from x

with x as (insert into t values (1) returning *) select * from x

with x as (update t set a = 1 returning *) select 1

with x as (merge into t using u on t.id = u.id when matched then delete returning *) select * from x

with x as materialized (delete from t returning *) select 1

with a as (select 1), b as (with c as (delete from t returning *) select * from c) select * from b

select * from (with x as (delete from t returning *) select * from x) y

with x as (select 1) delete from t

with x as (select 1) update t set a = 1

select * into n from t

select * into temp n from t

select 1 as a into unlogged table n

select * from t for update

select * from t for share

select * from t for no key update nowait

select * from t for key share skip locked

select * from (select * from t for update) x

with x as (select * from t for update) select * from x

select * from t where id in (select id from u for share)

(select * from t) for update

create table n (a int)

create table n as select 1

create temp table n as select 1

create view v as select 1

create materialized view v as select 1

create function f() returns int language sql as 'select 1'

create extension dblink

create role r superuser

create index on t (a)

create schema s

create trigger g after insert on t execute function f()

create publication p for all tables

create server s foreign data wrapper postgres_fdw

alter table t add b int

alter system set archive_command = 'x'

alter role r set transaction_read_only = off

alter database d set default_transaction_read_only = off

drop table t

drop owned by r

truncate t

comment on table t is 'x'

grant all on t to public

revoke all on t from public

refresh materialized view v

reindex table t

vacuum full t

analyze t

cluster t

reassign owned by a to b

import foreign schema s from server v into w

security label on table t is 'x'

explain analyze select 1

explain analyse select 1

EXPLAIN ANALYZE VERBOSE SELECT 1

explain analyze delete from t

explain verbose delete from t

explain (analyze) delete from t

explain (analyze) select 1

explain (analyze true, costs off) select 1

explain (analyse on) select 1

explain (analyze 1) select 1

explain (analyze false, analyze true) select 1

explain (costs off, analyze 'on') select 1

explain delete from t

explain create table n as select 1

explain with x as (delete from t returning *) select 1
