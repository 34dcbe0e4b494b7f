"""Upstream's names of errors."""

from baselayer.app.errors import AccessError
from baselayer.app.errors import NotFoundError as ResourceNotFoundError

__all__ = ["AccessError", "ResourceNotFoundError"]
