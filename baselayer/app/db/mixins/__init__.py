"""Mixins that give models their verbs and keys; plain SQLAlchemy declarative."""
