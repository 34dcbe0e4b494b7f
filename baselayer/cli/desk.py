"""Desk: where the operator of this machine works on the records themselves.

Who can run these commands can read the key ring and the database as well: no rights of a user are
meant, so the sessions here are plain ones, on purpose. What is done is written to the audit.
"""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel, ValidationError
from sqlalchemy import orm

from baselayer.app.audit.models import AuditEvent
from baselayer.app.config.settled import Config
from baselayer.app.errors import ConflictError, InvalidRequestError
from baselayer.app.identity.accounts import Account
from baselayer.app.sealing.ring import KeyRing
from baselayer.cli.house import House, open_house

Model = TypeVar("Model", bound=BaseModel)

ADDRESS = "cli"


@dataclass(frozen=True)
class Desk:
    """One transaction of the operator's, and what he works with."""

    session: orm.Session
    config: Config
    key_ring: KeyRing

    @cached_property
    def account_id(self) -> int:
        """Return the default account, which everything that is made here belongs to."""
        wanted = sa.select(Account.id).where(Account.is_default)
        found: int = self.session.scalars(wanted).one()
        return found

    def add(self, record: Any) -> None:
        """Store a new record, so that it has its id."""
        self.session.add(record)
        self.session.flush()

    def note(self, action: str, record: Any, **details: Any) -> None:
        """Write to the audit, in the same transaction, what was done to a record."""
        line = AuditEvent(
            account_id=self.account_id,
            address=ADDRESS,
            action=action,
            outcome="allowed",
            object_type=type(record).__name__,
            object_id=str(record.id),
            details={"os_user": _os_user()} | details,
        )
        self.session.add(line)


@contextmanager
def at_desk(config_files: list[str] | None) -> Iterator[Desk]:
    """Open the installation for one transaction, which the end of the block commits."""
    with open_house(config_files or []) as house, transaction(house) as desk:
        yield desk


@contextmanager
def transaction(house: House) -> Iterator[Desk]:
    """Work in one transaction; ConflictError when what was stored clashes, and nothing is."""
    with house.database.plain() as session:
        try:
            yield Desk(session, house.config, house.key_ring)
            session.commit()
        except sa.exc.IntegrityError as error:
            raise ConflictError(_clash(error)) from None


def checked(model: type[Model], **values: Any) -> Model:
    """Return the values as `model`, judged as those of a request are."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        fields = {".".join(map(str, e["loc"])) or "values": e["msg"] for e in found}
        told = "; ".join(f"{name}: {reason}" for name, reason in fields.items())
        raise InvalidRequestError(f"{told}. Nothing was changed.", fields=fields) from None


def _clash(error: sa.exc.IntegrityError) -> str:
    """Return what clashed, by the constraint's name alone: the driver's text holds values."""
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
    if constraint.endswith(("name_uq", "username_uq")):
        return "That name is taken: choose another one. Nothing was changed."
    return f"It clashes with what is stored ({constraint or 'no name'}). Nothing was changed."


def _os_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
