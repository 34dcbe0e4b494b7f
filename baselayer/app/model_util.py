"""Upstream's names of what scripts do with the tables of the models that they have imported."""

from baselayer.app.db.json_text import recursive_to_dict
from baselayer.app.db.tables import clear_tables, create_tables, drop_tables, status

__all__ = ["clear_tables", "create_tables", "drop_tables", "recursive_to_dict", "status"]
