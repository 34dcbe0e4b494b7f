"""Our own launcher of a private PostgreSQL: nobody has to install or run a server."""
