selec 1

select from where

select (1

select 'open

select "open

select `open

select 'open\'

select 1--1

select 1--1; drop table t

select 1--drop

/*!50000 drop table t */

/*! drop table t */

/*M! drop table t */

/*M!100000 drop table t */

/*m!100000 drop table t */

select 1 /*!50000 ,sleep(1)*/

select 1 /*! into outfile '/tmp/x' */ from t

select /*+ set_var(max_execution_time=0) */ 1

select /*+ MAX_EXECUTION_TIME(0) */ sleep(1)

select /* outer /* inner */ 1 */ 2

select 1 */ 2

select /* open

select @a := 1

select @a := sleep(1)

set @a := 1

select \N

select {fn sleep(1)}

select {d '2020-01-01'}

select ``

select x'zz'

select b'2'

select 1a

select 0x

select :name

select $1

select a::int from t

select a[1] from t

select 1 into outfile '/tmp/x'

select 1 into dumpfile '/tmp/x'

select * from t into outfile '/tmp/x' fields terminated by ','

select * into outfile '/tmp/x' from t

select next value for s

select previous value for s

explain for connection 5

explain

show

show binary logs

show master status

show tables where sleep(1)

show tables where a = 1

select * from t procedure analyse()

values (1), (2)

analyse select 1

select date_add(d,) from t
