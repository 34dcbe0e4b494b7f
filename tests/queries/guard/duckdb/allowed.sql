select 1

SELECT 1;

 ; select 1 ;; 

/* who */ select 1 -- why

select carrier, count(*) from flights group by carrier

from flights

from flights select carrier, count(*) group by all order by all

select * exclude (a, b) from t

select * replace (a + 1 as a) from t

select columns('a.*'), count(*) from t group by all

select max(columns(*)) from t

select a.*, b."x y" as "Total Price" from main.a as a join "My Schema"."B" b on a.id = b.id

select [x + 1 for x in l if x > 1] from t

select list_transform(l, lambda x: x + 1), list_filter(l, x -> x > 1) from t

select {'a': 1, 'b': [1, 2]}, map {'k': 'v'}, struct_pack(a := 1), [1, 2, 3][2], l[1:2] from t

select a::integer, try_cast(b as date), cast(c as decimal(10, 2)), d::varchar(10), e::struct(a int) from t

select a // 2, a ** 2, a ^ 2, a % 3, a || b, a & b, a << 1, ~a, a ~~ 'x', a ^@ 'y' from t

select a from t qualify row_number() over (partition by b order by c desc) = 1

select sum(a) over (order by b rows between 1 preceding and current row) from t window w as (order by c)

select count(*) filter (where a > 1), sum(a order by b), list(distinct c), string_agg(d, ', ') from t

select a, b, sum(c) from t group by grouping sets ((a), (b), ())

select a, sum(c) from t group by rollup (a), cube (b)

select * from range(10) r(i)

select * from generate_series(1, 10) as g(i)

select unnest([1, 2, 3]), unnest(l) from t

select * from t, unnest(t.l) as u(x)

select * from t using sample 10%

select * from t tablesample reservoir(20 rows)

select * from t limit 10% offset 5

select * from a asof join b on a.k = b.k and a.t >= b.t

select * from a positional join b

select * from a semi join b using (id)

select * from a anti join b using (id)

select * from a left join b using (id) full outer join c on c.id = b.id cross join d natural join e

with a as (select 1 as x), b (y) as (select x from a) select * from b

with recursive t(n) as (select 1 union all select n + 1 from t where n < 100) select sum(n) from t

with x as materialized (select 1 as a) from x

(select 1) union all (select 2) order by 1 limit 1

select 1 union by name select 2 except select 3 intersect select 4

values (1, 'a'), (2, 'b')

select * from (values (1, 'a')) v(id, name)

select date '2020-01-01', timestamp '2020-01-01 00:00:00', interval 1 day, interval '2' month, date_trunc('month', d) from t

select extract(year from d), date_part('month', d), strftime(d, '%Y'), d + interval 1 year, age(d) from t

select 'it''s', e'it\'s', $$it's$$, $tag$it's$tag$, x'ff', 1_000_000, .5, 1e3, 0xff from t

select '; commit; --', '/* not */', 'x.csv' from t

select case when a then 1 else 2 end, coalesce(a, b), nullif(a, b), if(a, b, c), ifnull(a, b), greatest(a, b) from t

select a between 1 and 2, a in (1, 2), a in [1, 2], a is distinct from b, a like 'x%', a ilike 'y', a similar to 'z' from t

select regexp_matches(a, 'x'), regexp_extract(a, '(.)', 1), string_split(a, ','), a.upper from t

select json_extract(j, '$.a'), j->'$.b', j->>'$.c', json_object('k', 1), to_json(s) from t

select a, from t

select #1, #2 from t order by #1

select distinct on (a) a, b from t order by a, b

select * from t where (a, b) in (select c, d from u) and exists (select 1) and a > all (select 1) and b = any (select 2)

select table_name from information_schema.tables

select * from duckdb_tables()

show tables

show all tables

describe t

describe main.t

describe select 1 as a

summarize t

summarize select * from t

explain select * from t

select 数量, "ümläut", über from 订单

select x.a.b, (s).a, s.a.b.c from t x

select map_keys(m), m['k'], list_aggregate(l, 'sum'), array_length(a), struct_extract(s, 'a'), len(l) from t

select uuid(), random(), now(), current_date, version(), typeof(a), hash(b) from t
