"""Ledger: what a verified session's transaction has written, and what of it has been judged."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.verify import Identity, Question

Rows = defaultdict[type, set[Identity]]


class Ledger:
    """The rows of one transaction. A savepoint that is rolled back takes back what it has made.

    What it has changed stays noted: what was changed before it must be judged all the same.
    """

    def __init__(self) -> None:
        self.created: Rows = defaultdict(set)
        self.updated: Rows = defaultdict(set)
        self.attached: Rows = defaultdict(set)
        self._fresh: set[Any] = set()
        self._judged: set[Any] = set()
        self._made_before: dict[Any, tuple[set[Any], Rows]] = {}
        self.releasing: Any = None
        self.is_committing = False

    def begin_savepoint(self, savepoint: orm.SessionTransaction) -> None:
        """Remember what the transaction had made when `savepoint` began."""
        created: Rows = defaultdict(set)
        created |= {cls: set(ids) for cls, ids in self.created.items()}
        self._made_before[savepoint] = set(self._fresh), created

    def roll_back_savepoint(self, savepoint: orm.SessionTransaction) -> None:
        """Forget what was made since `savepoint` began: another may make a row of that key."""
        if savepoint in self._made_before:
            self._fresh, self.created = self._made_before.pop(savepoint)

    def note_created(self, record: Any) -> None:
        """Remember that this transaction has made the row of `record`."""
        self.created[type(record)].add(_key_of(record))
        self._fresh.add(sa.inspect(record).mapper.identity_key_from_instance(record))

    def note_updated(self, record: Any) -> None:
        """Remember that this transaction changes the row of `record`, by the key it will have."""
        self.updated[type(record)].add(_key_of(record))

    def note_given(self, record: Any) -> None:
        """Remember that this transaction makes `record` another's, and changes nothing else of it.

        It was judged as it was, and what it becomes is no longer for the giver to update.
        """
        self.updated[type(record)].discard(_key_of(record))

    def is_fresh(self, record: Any) -> bool:
        """Tell whether this transaction made the row of `record`."""
        return sa.inspect(record).identity_key in self._fresh

    def has_fresh(self, mapper: orm.Mapper[Any], identity: Identity) -> bool:
        """Tell whether this transaction made the row of `mapper` with that key."""
        return mapper.identity_key_from_primary_key(identity) in self._fresh

    def note_judged(self, mode: str, records: Iterable[Any]) -> None:
        """Remember, until the flush is over, that the pre-images of `records` were judged."""
        self._judged |= {(mode, sa.inspect(record).identity_key) for record in records}

    def is_judged(self, mode: str, record: Any) -> bool:
        """Tell whether the pre-image of `record` needs no judging any more in this flush."""
        return self.is_fresh(record) or (mode, sa.inspect(record).identity_key) in self._judged

    def end_flush(self) -> None:
        """Forget which pre-images were judged."""
        self._judged.clear()

    def questions(self) -> list[Question]:
        """Return what is to be asked before this transaction may commit."""
        asked = [Question(cls, "create", frozenset(ids)) for cls, ids in self.created.items()]
        for mode, rows in (("update", self.updated), ("read", self.attached)):
            for cls, ids in rows.items():
                rest = frozenset(ids - self.created.get(cls, set()))
                asked += [Question(cls, mode, rest)] if rest else []
        return asked


def _key_of(record: Any) -> Identity:
    return tuple(sa.inspect(record).mapper.primary_key_from_instance(record))
