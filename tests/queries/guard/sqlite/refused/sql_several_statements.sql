select 1; select 2

select 1; attach 'x' as x

select 'a\'; drop table t; --'

select "a"; delete from t

select [a]; delete from t

select `a`; delete from t

select 1 -- x
; delete from t

delete from t; select 1
