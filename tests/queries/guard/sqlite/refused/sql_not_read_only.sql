insert into t values (1)

insert or replace into t values (1)

replace into t values (1)

update t set a = 1

update t set a = 1 returning a

delete from t

delete from t returning *

with x as (select 1) delete from t

with x as (select 1) insert into t select * from x

create table t (a)

create table t as select 1

create temp table t (a)

create view v as select 1

create virtual table v using fts5(a)

create index i on t (a)

drop table t

alter table t add b

vacuum

vacuum into '/tmp/x.db'

reindex

analyze

explain delete from t

explain query plan insert into t values (1)
