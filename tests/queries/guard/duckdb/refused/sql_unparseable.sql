selec 1

select from where

select (1

select 'open

select "open

select $$open

select $a$ open $b$

select e'open\'

select x'zz'

select b'101'

select n'x'

select U&"\0070g_sleep"(1)

select u&'x'

select /* open

select /* outer /* inner */ 1 */ 2

select 1 */ 2

select 1a

select `a`

select ""

select \x

explain

describe

summarize

describe 'x.csv'

summarize 'x.parquet'

describe read_csv('x')

show

show tables from (select 1)

xyzzy

table t

pivot t on a using sum(b)

unpivot t on a

select 1 for

select `a`()

select `getenv`(1)

select {'a': 1, 'b',: [1, 2]}
