selec 1

select from where

select (1

select 'open

select "open

select [open

select `open

select x'zz'

select x'f'

select /* open

select /* outer /* inner */ 1 */ 2

select 1 */ 2

select 1a

select # from t

select a ! b from t

select ^a

select "" from t

select \x

select {a}

explain

explain query plan
