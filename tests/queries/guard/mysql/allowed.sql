select 1

SELECT 1;

 ; select 1 ;; 

/* who */ select 1 -- why

select 1 # why not

select 1 -- a comment with ' and " and ` and ; drop table t

select carrier, count(*) from flights group by carrier

select a.*, b.`x y` as "Total Price" from shop.a as a join `my schema`.`b` b on a.id = b.id

select distinct a from t where b in (1, 2, 3) and (c, d) in ((1, 2), (3, 4))

select a from t limit 10, 20

select a from t order by b desc limit 5 offset 2

(select 1) union all (select 2) order by 1 limit 1

select 1 union select 2 except select 3 intersect select 4

with a as (select 1 as x), b (y) as (select x from a) select * from b

with recursive t(n) as (select 1 union all select n + 1 from t where n < 100) select sum(n) from t

select row_number() over (partition by region order by sales desc), rank() over w from t window w as (order by sales)

select sum(x) over (order by d rows between 2 preceding and current row) from t

select group_concat(distinct name order by name desc separator ', ') from t group by a having count(*) > 1

select date_add(d, interval 1 day), d + interval 2 month, extract(year from d), timestampdiff(day, a, b) from t

select cast(a as unsigned), cast(b as decimal(10,2)), convert(c, char(10)), convert(d using utf8mb4) from t

select convert(a, decimal(10,2)), convert(a, signed), cast(a as char) from t

select if(a > 1, 'x', 'y'), ifnull(a, b), nullif(a, b), coalesce(a, b, c), case when a then 1 else 2 end from t

select trim(both 'x' from a), substring(a from 2 for 3), position('a' in b), left(a, 1), right(a, 1) from t

select a->'$.x', a->>'$.y.z', json_extract(a, '$.b'), json_object('k', 1) from t

select j.a from t, json_table(t.doc, '$[*]' columns (a int path '$.a', b varchar(10) path '$.b')) as j

select * from t where match (title, body) against ('+a -b' in boolean mode)

select * from t use index (i) where a like 'x%' escape '!' and b regexp '^a' and c rlike 'b$'

select * from t ignore index (i, j) where not a and !b and c <=> null

select a div 2, a mod 3, a % 4, a xor b, a & b | c ^ d, a << 2, ~a, a && b from t

select 'it''s', 'it\'s', "it's", "say ""x""", 'a\\', 'multi' 'part', _utf8mb4'x', N'y', x'ff', b'101', 0xFF

select '; commit; --', "/* not */", '-- not', '# not', '/*! not */' from t

select * from t where a between 1 and 2 and exists (select 1 from u where u.id = t.id) and b > all (select c from v)

select t.* from t left join u using (id) right join v on v.id = u.id cross join w natural join z straight_join y

select * from (select a, b from t) as s, lateral (select max(c) from u where u.a = s.a) as l

select a, count(*) from t group by a with rollup

select @@version, @@global.max_connections, @@session.sql_mode

select current_user(), current_date, now(6), database(), version(), connection_id()

select - -1, 1 - -1, 1 - - 1

select count(*), count(distinct a), avg(b), std(c), bit_or(d), json_arrayagg(e) from t

select st_astext(g), st_distance(g, h), st_x(point(1, 2)) from t

select a from t partition (p0, p1) where b is not null

select * from information_schema.tables where table_schema = 'shop'

values row(1, 'a'), row(2, 'b')

select round(a, 2), truncate(a, 1), format(a, 2), greatest(a, b), least(a, b), rand() from t

select 数量, `ümläut`, über from 订单

show tables

show full columns from t

show create table `t`

show databases like 'a%'

show variables like 'sql_mode'

show index from shop.t

describe t

desc shop.t

desc select 1

explain select * from t where a = 1

explain format=json select * from t

explain extended select * from t

select char(65, 66), insert(a, 1, 2, 'x'), replace(a, 'b', 'c'), repeat(a, 3), values(a) from t

select a from t where b = binary 'x' and c collate utf8mb4_bin = 'y'
