selec 1

select from where

select (1

select 1)

select 'open

select "open

select $$open

select $a$ open $b$

select /* open

select e'open\'

select e'a\'; drop table t; --

select e'a'
'b\'; drop table t; --'

select U&"\0070g_sleep"(1)

select 1a

select $1a

select 1; select 'open

select {fn now()}

{% set x = 1 %} select 1

select \

select 1 \gexec

\! id

/*!50000 select */ frob 1

explain

explain (analyze

explain (frobnicate) select 1

explain explain select 1

explain show all

show

show (select 1)

show 'x'

use db

pragma x

attach 'x' as y

kill 1

describe t

install x

exec p

replace into t values (1)

if true then select 1

select * from t where

select a from b c d

with x as (select 1)

select x like 'a' escape wr() from t

select other.select(1)

select over(1)

select filter(1)

select distinct on (a) over(1) from t

select collation for (wr())
