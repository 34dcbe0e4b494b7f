select 1; select 2

select 1; drop table t

select 1; drop table t; --

select '\''; drop table t

select "\""; drop table t

select 'a\\'; drop table t

select 1 -- x
; delete from t

select 1 # x
; delete from t

select 1 /* x */; delete from t

delete from t; select 1
