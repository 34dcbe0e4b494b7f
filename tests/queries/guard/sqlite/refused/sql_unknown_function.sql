select load_extension('x')

select LOAD_EXTENSION ('x', 'y')

select "load_extension"('x')

select [load_extension]('x')

select `load_extension`('x')

select load_extension/**/('x')

select fts3_tokenizer('x')

select writefile('/tmp/x', 'y')

select readfile('/etc/passwd')

select edit('x')

select * from pragma_table_info('t')

select * from pragma_database_list()

select * from fsdir('/')

select wr(1)

select main.wr(1)

select * from t where a = load_extension('x')

select (select load_extension('x'))

with x as (select load_extension('x')) select * from x

select 1 union select load_extension('x')

values (load_extension('x'))

explain select load_extension('x')

select eval('delete from t')

select sqlite_compileoption_get(1)

select raise(abort, 'x')

select json_each('x'), crash()
