"""Settings: declared in schema.py, taken from files and the environment, never read on import.

May not know any other room: what a setting is for is the business of whoever takes it.
"""

from baselayer.app.config.load import load_config
from baselayer.app.config.merging import recursive_update
from baselayer.app.config.settled import Config

__all__ = ["Config", "load_config", "recursive_update"]
