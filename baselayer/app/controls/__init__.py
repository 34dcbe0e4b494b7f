"""Row-level access controls: each one says who may touch a row, as one SQL predicate.

Glossary: a *control* is declared on a model for a *mode* (`read`, `run`, …); compiled for an
*accessor* (who asks) on an *entity* (a mapped class or an alias of one) it is a *predicate*, a SQL
condition that is true exactly for the rows that the accessor may touch. A *hop* is a step along a
relationship; hops go over fresh aliases of Core tables, so nothing rewrites or multiplies them.

This room knows no user, no session and no database.
"""
