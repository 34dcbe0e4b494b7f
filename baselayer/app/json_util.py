"""Upstream's name of what makes JSON text of records."""

from baselayer.app.db.json_text import to_json

__all__ = ["to_json"]
