select 1

SELECT 1;

 ; select 1 ;; 

/* who */ select 1 -- why

select 1 /* outer /* inner */ still outer */ + 1

select a.*, b.x as "Total Price" from public.a as a join "My Schema"."B" b on a.id = b.id

select distinct on (customer_id) customer_id, created_at from orders order by customer_id, created_at desc

select distinct on (a) lower(b) from t

values (1, 'a'), (2, 'b')

select * from (values (1, 'a'), (2, 'b')) as v (id, name)

select * from (values (1, 'a')) v(id, name)

(select 1) union all (select 2) order by 1 limit 1

select 1 union select 2 except select 3 intersect select 4

with a as (select 1 as x), b (y) as (select x from a) select * from b

with a as materialized (select 1 as x), c as not materialized (select 2 as y) select * from a, c

with recursive t(n) as (values (1) union all select n + 1 from t where n < 100) select sum(n) from t

with recursive tree(id, parent, path) as (
  select id, parent, array[id] from nodes where parent is null
  union all select n.id, n.parent, t.path || n.id from nodes n join tree t on n.parent = t.id)
search depth first by id set ordering cycle id set is_cycle using way
select * from tree

select row_number() over (partition by region order by sales desc) from t

select sum(x) over w, avg(x) over (w rows between 2 preceding and current row) from t window w as (partition by a order by b)

select lag(x, 1, 0) over (order by d), first_value(x) over (order by d range between interval '1 day' preceding and current row exclude ties) from t

select count(*) filter (where paid) over (partition by a), count(distinct b) filter (where b > 1) from t group by a

select percentile_cont(0.5) within group (order by x), mode() within group (order by y desc) from t

select percentile_disc(array[0.25, 0.75]) within group (order by x) filter (where x > 0) from t

select a, b, sum(c), grouping(a, b) from t group by grouping sets ((a, b), (a), ())

select a, sum(c) from t group by rollup (a, b), cube (c, d)

select a, sum(c) from t group by rollup(a, b) having sum(c) > 10 order by 2 desc nulls last

select string_agg(name, ', ' order by name), array_agg(distinct tag) from t

select d::date, coalesce(n, 0) from generate_series('2024-01-01'::date, '2024-12-31', '1 day') as d left join t on t.day = d

select * from generate_series(1, 10) with ordinality as g(value, position)

select * from t cross join lateral unnest(t.tags) with ordinality u(tag, nr)

select * from t, lateral (select max(x) from u where u.id = t.id) m

select * from rows from (generate_series(1, 3), unnest(array['a', 'b'])) as r(a, b)

select * from json_to_recordset('[{"a":1}]') as r(a int, b text)

select * from jsonb_to_record('{"a":1}'::jsonb) as (a numeric(10,2), b varchar(5))

select data -> 'a' ->> 'b', data #> '{a,b}', data #>> '{a,b}' from t

select data @> '{"a":1}', data <@ '{}', data ? 'k', data ?| array['a'], data ?& array['a', 'b'] from t

select jsonb_path_query(data, '$.items[*] ? (@.price > 10)'), data @? '$.a', data @@ '$.a == 1' from t

select json_build_object('a', 1, 'b', array[1, 2]), jsonb_agg(t), row_to_json(t), to_jsonb(t) from t group by t

select jsonb_set(data, '{a}', '1'), data - 'k', data #- '{a,b}', data || '{"z":1}' from t

select key, value from t, jsonb_each_text(t.data) as e(key, value) where value like 'x%'

select json_object('a' value 1, 'b' value 2), json_array(1, 2)

select json_value(data, '$.a' returning numeric(10,2)), json_exists(data, '$.b'), json_query(data, '$.c') from t

select * from json_table('[{"a":1}]', '$[*]' columns (a int path '$.a')) as jt

select array[1, 2, 3], array[[1, 2], [3, 4]], '{1,2}'::int[], (array[1, 2, 3])[2], a[1:2] from t

select array(select id from t order by id), array_length(a, 1), cardinality(a), a && b, a @> b from t

select x = any (array[1, 2]), y <> all (select z from u), exists (select 1) from t

select cast(x as numeric(10, 2)), x::double precision, x::character varying(20), x::timestamp(3) with time zone from t

select x::numeric(10,2)[], cast(y as geometry(Point, 4326)), z::public.geometry(Point, 4326) from t

select 'users'::regclass, 1::oid, 'now'::timestamptz, int4 '1', float8 '1.5'

select date '2024-02-29' + interval '1 month', now() - interval '7 days', age(created_at), current_date - 1 from t

select date_trunc('month', d), extract(epoch from d), date_part('dow', d), to_char(d, 'YYYY-MM'), make_date(2024, 1, 1) from t

select d at time zone 'Europe/Berlin', timezone('utc', d), current_timestamp(3), localtimestamp, clock_timestamp() from t

select (date '2024-01-01', date '2024-02-01') overlaps (date '2024-01-15', interval '1 month')

select date_bin('15 minutes', ts, timestamp '2001-01-01'), justify_interval(i) from t

select substring('abc' from 1 for 2), position('b' in 'abc'), overlay('abc' placing 'x' from 2 for 1), trim(both 'x' from 'xax')

select substring(s from '[0-9]+'), trim(s), trim(leading from s), left(s, 3), right(s, -1), split_part(s, '-', 1) from t

select s like 'a\_%' escape '\', s not like ('x' || '%'), s ilike 'b%', s similar to '(a|b)%', s ~ '^a', s !~* 'b$' from t

select value like ('a%'), name ilike ('b%'), not value like ('c%') from settings

select regexp_replace(s, '\s+', ' ', 'g'), regexp_matches(s, '(\d+)'), regexp_split_to_table(s, ',') from t

select coalesce(a, b, 0), nullif(a, 0), greatest(a, b), least(a, b), case when a > 1 then 'x' else 'y' end from t

select case a when 1 then 'one' when 2 then 'two' end from t

select pg_catalog.lower(name), "lower"(name), LOWER(name), pg_catalog . upper /* odd */ (name) from t

select a is null, b is not null, c is true, d is not false, e is distinct from f, g is unknown, h notnull, i isnull from t

select a between 1 and 2, b not between symmetric 3 and 1, c in (1, 2), d not in (select 1) from t

select (a, b) = (1, 2), row(1, 2), row(a, b) in ((1, 2), (3, 4)) from t

select (r).x, (r).*, t.* from t

select * from t tablesample system (10)

select * from t tablesample bernoulli (5.5) repeatable (42)

select * from only parent

select * from a natural join b left join c using (id) full outer join d on true cross join e right join (f inner join g on f.x = g.x) on true

select * from t order by a desc nulls last, b limit 10 offset 20

select * from t order by a offset 5 rows fetch first 10 rows only

select * from t fetch next 3 rows with ties

select * from t limit all

select all a from t

select

select current_user, session_user, current_database(), current_schema, version(), user

select gen_random_uuid(), random(), uuidv7()

select ts_rank(to_tsvector('english', body), q), ts_headline(body, q) from docs, plainto_tsquery('a b') q where to_tsvector(body) @@ q

select int4range(1, 10) @> 5, lower(r), upper(r), r -|- s, r << s, isempty(r), range_agg(r) from t group by r, s

select 1 + 2 * 3 / 4 % 5 ^ 2, -1, +1, @ -5, |/ 25, ~1, 5 & 3, 5 | 3, 5 # 3, 1 << 2, 8 >> 1

select a <-> b, a <=> b, a <#> b, p <@ c, x operator(pg_catalog.+) y from t

select width_bucket(x, 0, 100, 10), round(x::numeric, 2), ceil(x), sqrt(x), ln(x), power(x, 2), corr(x, y) from t group by x, y

select 'it''s', e'tab\t and \'quote\'', U&'d\0061t', b'101', x'1F', n'abc', $$dollar 'quoted'; text$$, $tag$ other $$ text $tag$

select 'two '
  'parts'

select 'C:\'

select 'a;b', "c;d", $$;$$ from t /* ; */ -- ;

select 1_000, 0x1F, 0b11, 0o17, 1.5e-3, .5, 1. from t

select :name, :name::int, $1, $2::date from t where x in (:list) and y > :since

select café, naïve$name, größe from straße where "Ünïcode" = 'ß'

select "over"."filter" from "order" as "over"

select year, month, day, value, name, type, key, status, date, time, level, role from facts

select xmlelement(name foo, xmlattributes(1 as a), 'x'), xmlforest(a, b), xmlagg(x) from t group by a, b

select * from xmltable('/r/x' passing data columns a int path '@a', b text path 'b') as x

select xpath('/a/text()', data) from t

select count(*), count(1), sum(case when a then 1 end) from t group by 1, 2 having count(*) > 1

select concat_ws(', ', variadic array['a', 'b']), make_interval(days => 10)

select x collate "C", y collate pg_catalog."de_DE" from t order by z collate "POSIX"

select obj_description('t'::regclass), pg_size_pretty(pg_total_relation_size('t')), format_type(1, 2), has_table_privilege('t', 'select')

select table_name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')

select a.update, a.delete, "insert" from audit_columns a where a.insert is not null

explain select 1

explain verbose select * from t

explain (select 1)

explain (format json, costs off, verbose) select * from t

explain (analyze false, buffers off) with a as (select 1) select * from a

EXPLAIN (ANALYZE OFF) (SELECT 1);

show search_path

show all

SHOW TIME ZONE;

show transaction isolation level

show my_extension.setting
