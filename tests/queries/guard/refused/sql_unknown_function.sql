select pg_sleep(10)

select PG_SLEEP(10)

select "pg_sleep"(10)

select "PG_SLEEP"(10)

select pg_catalog.pg_sleep(10)

select "pg_catalog"."pg_sleep"(10)

select pg_catalog . pg_sleep /* x */ (10)

select pg_sleep -- x
(10)

select wr()

select public.wr()

select public.lower('x')

select other.exists(1)

select other.over(1)

select "a.b"(1)

select "coalesce"(1)

select "select"(1)

select * from wr()

select * from wr() as t(a, b)

select * from wr() with ordinality as t(a, b)

select * from a, wr() as (x int)

select * from lateral wr() x

select * from rows from (wr()) as t

select * from t tablesample wr(1)

select distinct on (a) wr(b) from t

select 1 order by wr()

select 1 limit wr()

select 1 offset wr()

select 1 where wr() is not null

select count(*) filter (where wr()) from t

select sum(x) over (partition by wr()) from t

select sum(x) over (order by a rows wr() preceding) from t

select array[wr()]

select a[wr()] from t

select a[1:wr()] from t

select (wr()).x

select case when wr() then 1 end

select x at time zone wr() from t

select x like wr() from t

values (wr())

with t(a) as (select wr()) select * from t

with wr(a) as (select 1) select wr(2) from wr

select (select wr())

select 1 union select wr()

select row(wr())

select coalesce(wr(), 1)

select cast(wr() as int)

select wr(1)::int

select string_agg(a, ',' order by wr()) from t

select concat(variadic wr())

select make_interval(days => wr())

select json_object('a' value wr())

select not materialized(1)

explain select wr()

explain (costs off) select wr()

select set_config('transaction_read_only', 'off', false)

select nextval('s')

select setval('s', 1)

select currval('s')

select lastval()

select pg_notify('c', 'x')

select pg_advisory_lock(1)

select pg_try_advisory_xact_lock(1)

select pg_advisory_unlock_all()

select pg_terminate_backend(1)

select pg_cancel_backend(1)

select pg_reload_conf()

select pg_rotate_logfile()

select pg_switch_wal()

select pg_create_restore_point('x')

select pg_logical_emit_message(true, 'a', 'b')

select * from pg_logical_slot_get_changes('s', null, null)

select pg_drop_replication_slot('s')

select pg_export_snapshot()

select txid_current()

select pg_current_xact_id()

select pg_read_file('/etc/passwd')

select pg_read_binary_file('/etc/passwd')

select * from pg_ls_dir('/')

select * from pg_ls_logdir()

select pg_stat_file('/etc/passwd')

select pg_current_logfile()

select * from pg_stat_get_activity(null)

select pg_stat_reset()

select lo_import('/etc/passwd')

select lo_export(1, '/tmp/x')

select lo_from_bytea(0, 'x')

select lo_put(1, 0, 'x')

select lo_unlink(1)

select loread(1, 10)

select lo_get(1)

select dblink('host=x', 'delete from t')

select * from dblink('host=x', 'select 1') as t(a int)

select dblink_exec('x', 'delete from t')

select query_to_xml('delete from t', true, true, '')

select query_to_xml_and_xmlschema('select 1', true, true, '')

select table_to_xml('t', true, true, '')

select schema_to_xml('public', true, true, '')

select database_to_xml(true, true, '')

select cursor_to_xml('c', 1, true, true, '')

select ts_stat('select wr()')

select ts_rewrite('a'::tsquery, 'select wr()')

select * from crosstab('select 1') as c(a int)

select xpath_table('a', 'b', 'c', 'd', 'e')

select pg_file_write('x', 'y', true)

select pg_import_system_collations('pg_catalog')

select setseed(0.5)

select pg_extension_config_dump('t', '')

select binary_upgrade_set_next_pg_type_oid(1)

select brin_summarize_new_values('i')

select nvl(1, 2)

select load_file('x')

select * from read_csv('/etc/passwd')

select sys_eval('id')
