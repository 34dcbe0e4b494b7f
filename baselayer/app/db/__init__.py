"""The metadata database: declarative base, verified sessions, engines, mixins, embedded server."""
