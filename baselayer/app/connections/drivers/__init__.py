"""One file per engine: everything that is special about a database lives behind `Driver`."""
