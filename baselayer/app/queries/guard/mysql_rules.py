"""The rules of MySQL and MariaDB, which share a driver and a list."""

from sqlglot import exp
from sqlglot.parsers.mysql import MySQLParser

from baselayer.app.queries.guard.budget import Budgeted
from baselayer.app.queries.guard.mysql_lexer import lex_mysql
from baselayer.app.queries.guard.rules import OPERAND, Dialect, words


class BudgetedMysqlParser(Budgeted, MySQLParser):
    """sqlglot's parser with a bound on its work."""


MYSQL = Dialect(
    name="mysql",
    parser=BudgetedMysqlParser,
    home_schema="",
    reads=words("select with values ("),
    changes=words("insert update delete"),
    definitions=words(
        "alter analyze cache change check checksum create drop flush grant import install kill load"
        " optimize purge rename repair replace reset resignal revoke shutdown signal truncate"
        " uninstall"
    ),
    control=words(
        "backup begin binlog call clone close commit deallocate declare do execute fetch get"
        " handler help lock open prepare release restart return rollback savepoint set start stop"
        " table unlock use xa"
    ),
    explain_options=frozenset(),
    clauses={
        "against": words(")"),
        "columns": words(OPERAND),
        "of": words("member"),
        "recursive": words("with"),
        "signed": words(","),
    },
    lex=lex_mysql,
    quote="`",
    keeps_operators=True,
    explain_words=words("analyze extended format partitions"),
    tellers=words("show describe desc"),
    told=words(
        "character charset collation columns create databases engines errors events fields grants"
        " index indexes keys plugins privileges procedure function processlist schemas status"
        " table tables triggers variables warnings"
    ),
    tellers_of_queries=words("describe desc"),
    reading=(exp.IndexTableHint, exp.Introducer, exp.Partition, exp.Version),
    never=(exp.NextValueFor,),
    forbidden=words("into procedure outfile dumpfile"),
)
