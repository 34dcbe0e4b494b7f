"""Finding: one record by id for a caller, or the reason why not; and a page of those he may see."""

import uuid
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import Accessor
from baselayer.app.db.pages import accessible_page
from baselayer.app.errors import AccessError, NotFoundError
from baselayer.app.schemas.paging import ListResponse, TableViewRequest

R = TypeVar("R")

LARGEST_NUMBER = 2**31 - 1  # of a column `integer`
LONGEST_NUMBER = 10  # digits


def find(
    session: orm.Session, cls: type[R], ident: Any, accessor: Accessor, mode: str = "read"
) -> R:
    """Return the record with id `ident` for `mode`.

    NotFoundError when it does not exist or may not be seen, in the very same words; AccessError
    when it may be seen, but not this.
    """
    gated: Any = cls
    key = _key(gated, str(ident))
    wanted = gated.select(accessor).where(gated.id == key)
    found: R | None = None if key is None else session.scalar(wanted)
    if found is None:
        raise NotFoundError(f"There is no such {_noun(cls)}, or you may not see it.")
    allowed = mode == "read" or session.scalar(
        gated.select(accessor, mode, columns=[gated.id]).where(gated.id == key)
    )
    if not allowed:
        raise AccessError(
            f"You may see this {_noun(cls)}, but not {mode} it: ask its owner to share it so.",
            mode=mode,
        )
    return found


def page(
    session: orm.Session, cls: Any, view: TableViewRequest, accessor: Accessor
) -> ListResponse[Any]:
    """Return the page of the records of `cls` that the accessor may see."""
    return accessible_page(session, cls, view, accessor)


def _noun(cls: type) -> str:
    """Return what a record of `cls` is called in a sentence."""
    noun: str = getattr(cls, "noun", cls.__name__.lower())
    return noun


def _key(cls: Any, ident: str) -> Any:
    """Return `ident` as a key of `cls`, or None when it cannot be one: such a record is absent."""
    return _uuid(ident) if isinstance(cls.id.type, sa.Uuid) else number(ident)


def number(ident: str) -> int | None:
    """Return `ident` as the number of a record, or None when it cannot be one."""
    if not (ident.isascii() and ident.isdigit() and len(ident) <= LONGEST_NUMBER):
        return None
    found = int(ident)
    return found if found <= LARGEST_NUMBER else None


def _uuid(ident: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(ident)
    except ValueError:
        return None
