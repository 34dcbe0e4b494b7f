select * from read_csv('/etc/passwd')

select * from read_csv_auto('/etc/passwd')

select * from READ_CSV ('x')

select * from "read_csv"('x')

select * from read_csv/**/('x')

select * from read_parquet('x')

select * from parquet_scan('x')

select * from parquet_metadata('x')

select * from parquet_schema('x')

select * from read_json('x')

select * from read_json_auto('x')

select * from read_ndjson('x')

select * from read_text('/etc/passwd')

select * from read_blob('/etc/passwd')

select * from glob('/*')

select * from sniff_csv('x')

select * from query('select 1')

select * from query_table('t')

select * from json_execute_serialized_sql('x')

select * from pragma_table_info('t')

select * from pragma_storage_info('t')

select * from duckdb_settings()

select * from duckdb_secrets()

select * from duckdb_databases()

select * from duckdb_logs()

select * from duckdb_extensions()

select * from duckdb_temporary_files()

select * from which_secret('x', 's3')

select * from checkpoint()

select * from force_checkpoint()

select * from arrow_scan(1, 2, 3)

select * from pandas_scan(1)

select * from python_arrow_scan(1)

select * from seq_scan('t')

select * from enable_logging()

select * from sqlite_scan('x', 't')

select * from postgres_scan('x', 'y', 'z')

select * from postgres_query('x', 'y')

select * from mysql_query('x', 'y')

select * from st_read('x')

select * from read_xlsx('x')

select * from delta_scan('x')

select * from iceberg_scan('x')

select getenv('HOME')

select current_setting('threads')

select getvariable('x')

select nextval('s')

select currval('s')

select setseed(0.5)

select pg_sleep(1)

select sleep_ms(1000)

select write_log('x')

select txid_current()

select error('x')

select http_get('http://example.org')

select wr(1)

select main.wr(1)

select 'x'.wr()

select t.a.wr() from t

select * from t where a = getenv('x')

select (select getenv('x'))

with x as (select getenv('x')) from x

select [getenv(x) for x in l] from t

select list_transform(l, x -> getenv(x)) from t

values (getenv('x'))

explain select getenv('x')

describe from read_csv('x')

describe select * from read_csv('x')

summarize select * from read_csv('x')

from read_csv('x')

select 1 from t, lateral read_csv(t.a)
