select sleep(1)

select SLEEP (1)

select sleep/**/(1)

select `sleep`(1)

select benchmark(1000000, md5('x'))

select get_lock('a', 10)

select release_lock('a')

select release_all_locks()

select is_used_lock('a')

select load_file('/etc/passwd')

select LOAD_FILE(0x2f6574632f706173737764)

select nextval(s)

select setval(s, 5)

select lastval(s)

select last_insert_id(5)

select master_pos_wait('x', 1)

select master_gtid_wait('x', 1)

select source_pos_wait('x', 1)

select wait_for_executed_gtid_set('x')

select wr()

select shop.wr()

select `shop`.`wr`(1)

select mysql.lower('x')

select group_replication_set_as_primary('x')

select keyring_key_remove('x')

select sys.ps_kill(1)

select sys_exec('id')

select lib_mysqludf_sys_info()

select * from t where a = sleep(1)

select * from t order by sleep(1)

select case when sleep(1) then 1 end

select if(sleep(1), 1, 2)

select a from t group by a having sleep(1)

select (select sleep(1))

with x as (select sleep(1)) select * from x

select 1 union select sleep(1)

values row(sleep(1))

explain select sleep(1)

desc select sleep(1)

select 1 -- x
, sleep(1)

select 1 # x
, sleep(1)

select 'a\'', sleep(1), '\''

select "a\"", sleep(1)

select json_extract(sleep(1), '$')

select * from json_table(load_file('/etc/passwd'), '$' columns (a int path '$')) j

select ŝleep(1)
