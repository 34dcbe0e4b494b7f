"""The demo: a database of flights, people with different rights, and queries worth reading."""
