"""permissions: what an accessor may do with each of some records, in one query."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.effective import predicate_of
from baselayer.app.db.keys import as_identity
from baselayer.app.db.verify import among, key_attributes


def permissions(
    session: orm.Session, records: Collection[Any], modes: Sequence[str], accessor: Accessor
) -> dict[Any, list[str]]:
    """Return, by id, those of `modes` that `accessor` has on each of `records` of one class."""
    if not records:
        return {}
    allowed = permissions_of(session, type(next(iter(records))), records, modes, accessor)
    return {ident: [mode for mode in modes if may[mode]] for ident, may in allowed.items()}


def permissions_of(
    session: orm.Session, cls: Any, records: Collection[Any], modes: Sequence[str], accessor: Any
) -> dict[Any, dict[str, bool]]:
    """Return, by id, whether `accessor` has each of `modes` on each of `records`, which may be ids.

    A record that is absent, or not to be seen in this session, is refused in every mode.
    """
    asked = dict(_identified(cls, it) for it in records)
    answers = {ident: dict.fromkeys(modes, False) for ident in asked}
    wanted = {identity for identity in asked.values() if identity is not None}
    if not wanted or not modes:
        return answers
    keys = key_attributes(cls)
    allowed = [
        predicate_of(cls, mode, accessor).label(f"may_{number}")
        for number, mode in enumerate(modes)
    ]
    statement = sa.select(*keys, *allowed).select_from(cls).where(among(cls, wanted))
    found = {tuple(row[: len(keys)]): row[len(keys) :] for row in session.execute(statement)}
    for ident, may in answers.items():
        flags = found.get(asked[ident] or (), ())
        may |= {mode: bool(flag) for mode, flag in zip(modes, flags, strict=False)}
    return answers


def _identified(cls: Any, record: Any) -> tuple[Any, tuple[Any, ...] | None]:
    """Return the id that `record` is asked for by, and its key; None when it can have none."""
    if not isinstance(record, cls):
        return record, as_identity(cls, record)
    state = orm.attributes.instance_state(record)
    identity = state.key[1] if state.key else state.mapper.primary_key_from_instance(record)
    return identity[0] if len(identity) == 1 else tuple(identity), tuple(identity)
