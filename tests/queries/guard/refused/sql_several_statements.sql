select 1; select 2

select 1; delete from t

select 1;;select 2

select 1; -- note
; select 2

select 'a\'; delete from t; --'

select 'a\'; commit; delete from t; select '\'

select 'it''s\'; drop table t; --

select $$a$$; select $$b$$

select $a$ $b$ $a$; drop table t; select $c$ $c$

select a$b$; select 1; select c$b$

select /* /* */ 1 */ 1; drop table t

explain select 1; delete from t

show all; reset all

select "a\"; drop table t; --"

select e'a\\'; drop table t; --'

commit; delete from t

rollback; insert into t values (1)

begin; select 1

commit; delete from t; begin

set transaction read write; delete from t

insert into t values (1); select 1
