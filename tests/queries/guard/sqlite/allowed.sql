select 1

SELECT 1;

 ; select 1 ;; 

/* who */ select 1 -- why

select carrier, count(*) from flights group by carrier

select "a b", [c d], `e f`, t.* from "my table" as t

select * from main.t where a = 'it''s' and b = x'ff00'

select '; commit; --', '/* not */', '-- not' from t

values (1, 'a'), (2, 'b')

with a as (select 1 as x), b (y) as (select x from a) select * from b

with recursive t(n) as (values (1) union all select n + 1 from t where n < 100) select sum(n) from t

with x as materialized (select 1 as a), y as not materialized (select 2 as b) select * from x, y

select 1 union all select 2 union select 3 except select 4 intersect select 5

select a from t order by b desc nulls last, c collate nocase limit 10 offset 5

select a from t limit 5, 10

select distinct a from t where b in (1, 2) and c not in (select d from u)

select * from t where a between 1 and 2 and exists (select 1 from u) and not exists (select 2 from v)

select * from t where a like 'x%' escape '!' and b glob 'y*' and c is not null and d notnull and e isnull

select a == b, a <> b, a != b, a is not b, a || b, a << 1, a >> 1, a & b, a | b, ~a, -a, a % b from t

select a -> '$.x', a ->> '$.y', json_extract(a, '$.z'), json_object('k', 1), json_group_array(b) from t

select key, value from t, json_each(t.doc)

select fullkey from json_tree('{"a": [1, 2]}')

select value from generate_series(1, 10)

select cast(a as integer), cast(b as text), cast(c as numeric(10, 2)), cast(d as varchar(20)) from t

select case a when 1 then 'x' else 'y' end, iif(a, b, c), coalesce(a, b), ifnull(a, b), nullif(a, b) from t

select count(*), count(distinct a), sum(b), total(c), avg(d), group_concat(e, ', '), min(f), max(g) from t

select count(*) filter (where a > 1) from t

select row_number() over (partition by a order by b), lag(c, 1, 0) over w from t window w as (order by d)

select sum(a) over (order by b rows between 1 preceding and current row) from t

select sum(a) over (order by b groups between unbounded preceding and current row exclude ties) from t

select date('now', 'start of month'), strftime('%Y-%m', a), julianday(b), unixepoch(c), datetime(d, 'localtime') from t

select substr(a, 1, 3), instr(a, 'b'), replace(a, 'b', 'c'), trim(a), ltrim(a, 'x'), upper(a), length(a), hex(a) from t

select printf('%d', a), format('%s', b), quote(c), typeof(d), unicode(e), char(65, 66), zeroblob(3), random() from t

select round(a, 2), abs(b), max(a, b), min(c, d), power(a, 2), sqrt(b), floor(c), ln(d), pi() from t

select a from t indexed by i where b = 1

select a from t not indexed where b = 1

select t.a from t left join u using (id) full outer join v on v.id = u.id cross join w natural join z

select * from (select a from t) as s where (a, 1) in (values (1, 1))

select name, sql from sqlite_master where type = 'table'

select name from sqlite_schema

select current_timestamp, current_date

select 1.5e3, .5, 0xFF, 5. , -1

select count(*) from docs where docs match 'needle'

select highlight(docs, 0, '<b>', '</b>'), snippet(docs, 0, '', '', '…', 5), bm25(docs) from docs

explain select 1

explain query plan select * from t where a = 1

select 数量, "ümläut", über from 订单
