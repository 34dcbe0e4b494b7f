"""The machine: a verified session and its twin, made to do the same in any order."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from baselayer.app.db.sessions import AsyncVerifiedSession, VerifiedSession
from baselayer.app.errors import AccessError
from tests.factories.gate import Caller, Comment, Note, NoteTeam
from tests.factories.places import Place
from tests.factories.twin import New, RefusedError, Row, Rows, Twin

CLASSES: dict[str, Any] = {"note": Note, "comment": Comment, "share": NoteTeam}
COLUMNS = {
    "note": ("title", "owner_id", "is_public"),
    "comment": ("text", "note_id", "author_id"),
    "share": ("note_id", "team_id", "can_edit"),
}
NOTES = [("a", 1, False), ("b", 1, True), ("c", 2, False), ("d", 3, False)]


class Blocking:
    """A verified session, driven by blocking code."""

    def __init__(self, place: Place, who: int) -> None:
        self.session = place.verified(Caller(who), on_bypass=lambda *_: None)

    def run(self, body: Callable[[VerifiedSession], Any]) -> Any:
        return body(self.session)

    def commit(self) -> None:
        self.session.commit()

    def close(self) -> None:
        self.session.close()


class Coroutines:
    """The same, driven by coroutines."""

    def __init__(self, place: Place, who: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._engine = create_async_engine(place.url, poolclass=NullPool)
        self._session = AsyncVerifiedSession(
            Caller(who), self._engine, on_bypass=lambda *_: None, expire_on_commit=True
        )
        self.session: Any = self._session.sync_session

    def run(self, body: Callable[[VerifiedSession], Any]) -> Any:
        return self._loop.run_until_complete(self._session.run_sync(body))  # type: ignore[arg-type] # it is one

    def commit(self) -> None:
        self._loop.run_until_complete(self._session.commit())

    def close(self) -> None:
        self._loop.run_until_complete(self._session.close())
        self._loop.run_until_complete(self._engine.dispose())
        self._loop.close()


DRIVERS: dict[str, Any] = {"sync": Blocking, "async": Coroutines}


class Sessions(RuleBasedStateMachine):
    """A session and its twin, side by side."""

    place: Place
    driver_class: Any
    who: int

    def __init__(self) -> None:
        super().__init__()
        _refill(self.place)
        self.driver = self.driver_class(self.place, self.who)
        self.twin = Twin(self.who, _stored(self.place))

    def teardown(self) -> None:
        self.driver.close()

    # --- Both at once ---------------------------------------------------------------------------

    def flushing(self, body: Callable[[VerifiedSession], Any]) -> Any:
        """Do what flushes; both must refuse it, or neither."""
        try:
            self.twin.judge_flush()
        except RefusedError as expected:
            with pytest.raises(AccessError):
                self.driver.run(body)
                pytest.fail(f"not refused: {expected}")
            self.twin.roll_back_innermost()
            return None
        found = self.driver.run(body)
        self.twin.flushed()
        return found

    def record(self, key: tuple[str, int]) -> Any:
        def find(session: VerifiedSession) -> Any:
            with session.unrestricted("to try what may be written"), session.no_autoflush:
                return session.get_one(CLASSES[key[0]], key[1])

        return self.driver.run(find)

    def some(self, data: st.DataObject, *kinds: str) -> tuple[str, int] | None:
        keys = sorted(key for key in self.twin.rows if key[0] in kinds)
        keys = [key for key in keys if key not in self.twin.removed]
        return data.draw(st.sampled_from(keys)) if keys else None

    # --- What may happen ------------------------------------------------------------------------

    @rule(owner=st.sampled_from([1, 1, 2, 3]), public=st.booleans())
    def add_note(self, owner: int, public: bool) -> None:
        self._add("note", {"title": "new", "owner_id": owner, "is_public": public}, None)

    @rule(data=st.data(), author=st.sampled_from([1, 1, 2]))
    def add_comment(self, data: st.DataObject, author: int) -> None:
        self._add_child(data, "comment", {"text": "new", "author_id": author})

    @rule(data=st.data(), team=st.sampled_from([1, 2, 3]), can_edit=st.booleans())
    def add_share(self, data: st.DataObject, team: int, can_edit: bool) -> None:
        self._add_child(data, "share", {"team_id": team, "can_edit": can_edit})

    def _add_child(self, data: st.DataObject, kind: str, values: Row) -> None:
        parents = [added for added in self.twin.new if added.kind == "note"]
        parent = data.draw(st.sampled_from([None, *parents]))
        if parent is not None:
            self._add(kind, values, parent)
            return
        note = self.some(data, "note")
        if note is not None:
            self._add(kind, values | {"note_id": note[1]}, None)

    def _add(self, kind: str, values: Row, parent: New | None) -> None:
        extra = {"note": parent.record} if parent else {}
        record = CLASSES[kind](**values, **extra)
        self.driver.run(lambda session: session.add(record))
        self.twin.new.append(New(kind, values, record, parent))

    @rule(data=st.data(), title=st.sampled_from(["x", "y"]))
    def rename(self, data: st.DataObject, title: str) -> None:
        self._change(data, "note", {"title": title})

    @rule(data=st.data(), public=st.booleans())
    def publish(self, data: st.DataObject, public: bool) -> None:
        self._change(data, "note", {"is_public": public})

    @rule(data=st.data(), owner=st.sampled_from([1, 2, 3]))
    def give(self, data: st.DataObject, owner: int) -> None:
        self._change(data, "note", {"owner_id": owner})

    @rule(data=st.data(), text=st.sampled_from(["x", "y"]))
    def rewrite(self, data: st.DataObject, text: str) -> None:
        self._change(data, "comment", {"text": text})

    @rule(data=st.data(), author=st.sampled_from([1, 2]))
    def put_into_anothers_mouth(self, data: st.DataObject, author: int) -> None:
        self._change(data, "comment", {"author_id": author})

    @rule(data=st.data(), team=st.sampled_from([1, 2, 3]), can_edit=st.booleans())
    def share_otherwise(self, data: st.DataObject, team: int, can_edit: bool) -> None:
        self._change(data, "share", {"team_id": team, "can_edit": can_edit})

    @rule(data=st.data(), kind=st.sampled_from(["comment", "share"]))
    def move(self, data: st.DataObject, kind: str) -> None:
        note = self.some(data, "note")
        if note is not None:
            self._change(data, kind, {"note_id": note[1]})

    def _change(self, data: st.DataObject, kind: str, values: Row) -> None:
        key = self.some(data, kind)
        if key is None:
            return
        record = self.record(key)
        for name, value in values.items():
            setattr(record, name, value)
        self.twin.change(key, **values)

    @rule(data=st.data())
    def remove_child(self, data: st.DataObject) -> None:
        key = self.some(data, "comment", "share")
        if key is not None:
            record = self.record(key)
            self.driver.run(lambda session: session.delete(record))
            self.twin.removed.add(key)

    @rule(data=st.data())
    def remove_note(self, data: st.DataObject) -> None:
        """Its children go in the database, so that the session must not know them any more."""
        self.flushing(lambda session: session.flush())
        key = self.some(data, "note")
        if key is None:
            return
        record = self.record(key)

        def remove(session: VerifiedSession) -> None:
            session.delete(record)
            session.flush()
            for child in list(session):
                if (
                    isinstance(child, (Comment, NoteTeam))
                    and child.__dict__.get("note_id") == key[1]
                ):
                    session.expunge(child)

        self.twin.removed.add(key)
        self.flushing(remove)

    @rule()
    def flush(self) -> None:
        self.flushing(lambda session: session.flush())

    @rule()
    def query(self) -> None:
        found = self.flushing(lambda session: set(session.scalars(sa.select(Note.id))))
        assert found is None or found == self.twin.readable()

    @rule()
    def begin_savepoint(self) -> None:
        def begin(session: VerifiedSession) -> bool:
            session.begin_nested()
            return True

        if self.flushing(begin):
            self.twin.begin_savepoint()

    @precondition(lambda self: self.twin.savepoints)
    @rule()
    def release_savepoint(self) -> None:
        def release(session: VerifiedSession) -> bool:
            savepoint = session.get_nested_transaction()
            assert savepoint is not None
            with savepoint:
                return True

        if self.flushing(release):
            self.twin.savepoints.pop()

    @precondition(lambda self: self.twin.savepoints)
    @rule()
    def roll_back_savepoint(self) -> None:
        self.driver.run(lambda session: session.get_nested_transaction().rollback())
        self.twin.roll_back_innermost()

    @rule()
    def roll_back(self) -> None:
        self.driver.run(lambda session: session.rollback())
        self.twin.roll_back()

    @rule()
    def commit(self) -> None:
        try:
            self.twin.judge_flush()
        except RefusedError as expected:
            self._commit_refused(expected)
            return
        self._commit_flushed()

    def _commit_flushed(self) -> None:
        self.driver.run(lambda session: session.flush())
        self.twin.flushed()
        try:
            self.twin.judge_commit()
        except RefusedError as expected:
            self._commit_refused(expected)
            return
        self.driver.commit()
        self.twin.commit()

    def _commit_refused(self, expected: RefusedError) -> None:
        with pytest.raises(AccessError):
            self.driver.commit()
            pytest.fail(f"not refused: {expected}")
        self.twin.roll_back()

    @invariant()
    def database_holds_what_was_committed(self) -> None:
        assert _stored(self.place) == self.twin.committed


def _refill(place: Place) -> None:
    with place.engine.begin() as connection:
        connection.execute(sa.delete(Note))
        notes = [dict(zip(COLUMNS["note"], values, strict=True)) for values in NOTES]
        ids = list(connection.scalars(sa.insert(Note).values(notes).returning(Note.id)))
        comments = [
            {"text": "old", "note_id": i, "author_id": 1 + n % 3} for n, i in enumerate(ids)
        ]
        connection.execute(sa.insert(Comment).values(comments))
        shares = [(ids[1], 3, True), (ids[2], 1, True), (ids[2], 2, False), (ids[3], 1, False)]
        values = [dict(zip(COLUMNS["share"], share, strict=True)) for share in shares]
        connection.execute(sa.insert(NoteTeam).values(values))


def _stored(place: Place) -> Rows:
    found: Rows = {}
    with place.engine.connect() as connection:
        for kind, names in COLUMNS.items():
            cls = CLASSES[kind]
            columns = [cls.id, *(getattr(cls, name) for name in names)]
            for ident, *values in connection.execute(sa.select(*columns)):
                found[kind, ident] = dict(zip(names, values, strict=True))
    return found


def run_machine(place: Place, world: str, *, examples: int, steps: int, **options: Any) -> None:
    """Run the machine for somebody who owns, edits, and may do neither."""
    machine = type(
        "Machine", (Sessions,), {"place": place, "driver_class": DRIVERS[world], "who": 1}
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            **options,
        ),
    )
