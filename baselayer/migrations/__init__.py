"""Alembic migrations of the metadata database; imports only `baselayer.app.models`."""
