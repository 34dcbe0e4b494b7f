"""Bypassing: reads that nobody's rights filter, put on record, and what they leave behind.

A row that such a read has brought in is *untrusted*: nobody has asked whether the accessor may see
it. It stays in the session, but outside the block the session acts as if it had never seen it: to
`get` it, to reach it along a relationship or to refresh it takes a filtered SELECT.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import Accessor
from baselayer.app.errors import UnverifiableError
from baselayer.log import make_log

if TYPE_CHECKING:
    from baselayer.app.db.sessions import VerifiedSession

log = make_log("db")


@dataclass(frozen=True)
class Bypass:
    """One use of `unrestricted`: by whom, and why."""

    accessor: Accessor
    reason: str


# Writes a bypass down, on a connection whose transaction is its own. If it fails, nothing is read.
Sink = Callable[[sa.Connection, Bypass], None]


@dataclass
class Trust:
    """Which rows of a session's identity map were read past the filter."""

    reasons: list[str] = field(default_factory=list)
    """Of the blocks that are open, the innermost last."""
    _untrusted: set[Any] = field(default_factory=set)

    @property
    def is_suspended(self) -> bool:
        """Tell whether reads are not filtered just now."""
        return bool(self.reasons)

    def note_loaded(self, record: Any) -> None:
        """Remember whether `record`, just loaded, went through the filter."""
        key = sa.inspect(record).identity_key
        if self.is_suspended:
            self._untrusted.add(key)
        else:
            self._untrusted.discard(key)

    def note_attached(self, record: Any) -> None:
        """Remember that `record` came from elsewhere, where nobody may have asked."""
        self._untrusted.add(sa.inspect(record).identity_key)

    def doubts(self, key: Any) -> bool:
        """Tell whether the row with identity `key` must be asked about before it is handed out."""
        return not self.is_suspended and key in self._untrusted

    def doubts_any(self, records: Any) -> bool:
        """Tell whether any of `records`, None among them, is doubtful."""
        states = (sa.inspect(record) for record in records or () if record is not None)
        return any(self.doubts(state.identity_key) for state in states)


def open_block(session: "VerifiedSession", reason: str) -> None:
    """Put the bypass on record; from now on reads are not filtered."""
    if not isinstance(reason, str) or not reason.strip():
        raise ValueError("say why in a few words: unrestricted('to number the notes')")
    _report(session, Bypass(session.accessor, reason.strip()))
    session.trust.reasons.append(reason.strip())


def close_block(session: "VerifiedSession") -> None:
    """Filter reads again, and forget which rows others refer to, as far as that is untrusted."""
    session.trust.reasons.pop()
    if session.trust.is_suspended:
        return
    mixed = [str(relationship) for relationship in _forget_ties(session)]
    if mixed:
        session.refuse(
            UnverifiableError(
                f"{', '.join(mixed)} was read without restriction and then changed, but not "
                "flushed: flush before the block ends. The change was dropped."
            )
        )


def _report(session: "VerifiedSession", bypass: Bypass) -> None:
    who = f"user {bypass.accessor.user_id} reads without restriction: {bypass.reason}"
    if session.on_bypass is None:
        log.error(f"Nobody keeps a record of this (no on_bypass was given): {who}")
        return
    log(who)
    bind = session.get_bind()
    engine = bind.engine if isinstance(bind, sa.Connection) else bind
    with engine.begin() as connection:
        session.on_bypass(connection, bypass)


def _forget_ties(session: "VerifiedSession") -> Iterator[orm.RelationshipProperty[Any]]:
    """Expire loaded relationships to untrusted rows; yield those with a change not flushed."""
    for record in session.identity_map.values():
        state = sa.inspect(record)
        for relationship in state.mapper.relationships:
            if relationship.key not in state.dict:
                continue
            added, there, removed = state.attrs[relationship.key].history
            if session.trust.doubts_any(there):
                session.expire(record, [relationship.key])
                if added or removed:
                    yield relationship


def doubtful_copies(session: "VerifiedSession", record: Any) -> Iterator[Any]:
    """Yield those of `record` and what merges with it that would be merged into untrusted rows."""
    state = sa.inspect(record)
    cascaded = (one for one, *_ in state.mapper.cascade_iterator("merge", state))
    for copy in (record, *cascaded):
        if session.trust.doubts(sa.inspect(copy).mapper.identity_key_from_instance(copy)):
            yield copy
