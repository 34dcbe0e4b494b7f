insert into t values (1)

insert into t select * from u

insert or replace into t values (1)

insert into t values (1) returning a

update t set a = 1

delete from t

delete from t returning *

merge into t using u on t.id = u.id when matched then delete

with x as (select 1) insert into t select * from x

with x as (select 1) delete from t

create table t (a int)

create table t as select 1

create temp table t as select 1

create view v as select 1

create macro f(a) as a + 1

create sequence s

create secret x (type s3)

create schema s

create index i on t (a)

create type e as enum ('a')

drop table t

alter table t add b int

truncate t

vacuum

analyze

checkpoint

force checkpoint

comment on table t is 'x'

copy t to '/tmp/x.csv'

copy t from '/tmp/x.csv'

copy (select 1) to '/tmp/x.parquet'

copy (select * from read_csv('/etc/passwd')) to '/tmp/x'

copy from database a to b

export database '/tmp/x'

import database '/tmp/x'

explain analyze select 1

explain delete from t

explain insert into t values (1)

explain (analyze) select 1

select * from 'x.csv'

select * from '/etc/passwd'

from 'x.csv'

from 's3://bucket/x.parquet'

select * from "x.csv"

select * from "/etc/passwd"

select * from t, 'x.csv'

select * from t join 'x.csv' on true

select * from t join "https://example.org/x.csv" u on true

select * from "dir/*.parquet"

with x as (from 'x.csv') from x

select (select count(*) from 'x.csv')

select * from data.csv

from data.parquet

select * from a union all from 'b.csv'

select * from t where a in (from 'x.csv')

describe select * from 'x.csv'

select * into x from t

select * from t for update

select * from main..a
