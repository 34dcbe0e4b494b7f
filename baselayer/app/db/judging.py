"""Judging: what a verified session does when it reads, flushes and commits; its listeners."""

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event, orm

from baselayer.app.controls.effective import predicate_of
from baselayer.app.db.cascading import victims
from baselayer.app.db.claiming import claim_rows
from baselayer.app.db.granting import parents_of, standings
from baselayer.app.db.ledger import Ledger
from baselayer.app.db.owning import gives_away, only_gives_away
from baselayer.app.db.reading import filtered
from baselayer.app.db.refusing import (
    refuse_untransacted,
    unverifiable,
    unverifiable_without_filter,
)
from baselayer.app.db.verify import Asked, questions, require_all, require_existing
from baselayer.app.db.writing import (
    adopted,
    link_writes,
    moves,
    writes_row,
)

if TYPE_CHECKING:
    from baselayer.app.db.sessions import VerifiedSession


def watch(session_class: type["VerifiedSession"]) -> None:
    """Have the listeners below called for sessions of `session_class`."""
    event.listen(session_class, "do_orm_execute", _filter_or_refuse)
    event.listen(session_class, "before_flush", _judge_pre_images)
    event.listen(session_class, "after_flush", _end_flush)
    event.listen(session_class, "before_commit", _judge_post_images)
    event.listen(session_class, "after_transaction_create", _begin_transaction)
    event.listen(session_class, "after_soft_rollback", _roll_back_transaction)
    event.listen(session_class, "after_transaction_end", _end_transaction)
    event.listen(session_class, "detached_to_persistent", _note_attached)
    event.listen(session_class, "loaded_as_persistent", _note_loaded)

    def own(record: Any) -> "VerifiedSession | None":
        session = orm.object_session(record)
        return session if isinstance(session, session_class) else None

    @event.listens_for(orm.Mapper, "after_insert")
    def _note_created(mapper: Any, connection: Any, record: Any) -> None:
        session = own(record)
        if session is not None:
            session.ledger.note_created(record)

    @event.listens_for(orm.Mapper, "before_update")
    def _judge_update(mapper: Any, connection: Any, record: Any) -> None:
        session = own(record)
        if session is not None and writes_row(record):
            _judge_late(session, "update", record)
            if gives_away(record):
                _judge_late(session, "transfer", record)
            _note_written(session.ledger, record)

    @event.listens_for(orm.Mapper, "before_delete")
    def _judge_delete(mapper: Any, connection: Any, record: Any) -> None:
        session = own(record)
        if session is not None:
            _judge_late(session, "delete", record)


def _judge_late(session: "VerifiedSession", mode: str, record: Any) -> None:
    """Judge the pre-image of a row that nobody could foresee the flush would touch."""
    if session.ledger.is_judged(mode, record):
        return
    asked = questions(mode, [record])
    if mode == "delete":
        asked += victims(session.own_connection(), asked)
    session.judge(require_all, asked)


def _note_written(ledger: Ledger, record: Any) -> None:
    if only_gives_away(record) and not ledger.is_fresh(record):
        ledger.note_given(record)
    else:
        ledger.note_updated(record)


def _judge_pre_images(session: "VerifiedSession", context: Any, instances: Any) -> None:
    """Before any SQL of a flush: may what it changes and removes be changed and removed?"""
    refuse_untransacted(session)
    link = next(link_writes([*session.new, *session.dirty, *session.deleted]), None)
    if link is not None:
        session.refuse_unverifiable(f"a write through the link table of {link}")
    ledger, removed = session.ledger, set(session.deleted)
    children = set(adopted([*session.new, *session.dirty])) - removed
    changed = {record for record in session.dirty if writes_row(record)} | children
    old = [record for record in changed if not ledger.is_fresh(record)]
    given = [record for record in old if gives_away(record)]
    gone = [record for record in removed if not ledger.is_fresh(record)]
    deleted = questions("delete", gone)
    asked: list[Asked] = [*questions("update", old), *questions("transfer", given), *deleted]
    if deleted:
        asked += victims(session.own_connection(), deleted)
    parents = parents_of([*session.new, *session.dirty])
    linked = [record for record in old if record in children or moves(record)]
    moved = [record for record in linked if not only_gives_away(record)]
    asked += standings("create", session.new, ledger, parents)
    asked += standings("update", moved, ledger, parents)
    session.judge(require_all, asked)
    for mode, judged in (("update", old), ("transfer", given), ("delete", gone)):
        ledger.note_judged(mode, judged)


def _end_flush(session: "VerifiedSession", context: Any) -> None:
    session.ledger.end_flush()
    if session.ledger.is_committing:
        # Somebody's listener has changed more after the post-images were judged.
        session.judge(require_existing, session.ledger.questions())


def _judge_post_images(session: "VerifiedSession") -> None:
    """Before the outermost commit: may everything be what it has become?"""
    # Not the session's own flush, which would roll back what is in the middle of committing.
    orm.Session.flush(session)
    if _is_release(session):
        return  # the links that make a new row allowed may still follow
    session.ledger.is_committing = True
    session.judge(require_existing, session.ledger.questions())


def _is_release(session: "VerifiedSession") -> bool:
    """Tell whether only a savepoint is about to end, not the transaction.

    Committing the transaction while a savepoint is open announces that savepoint twice: once for
    the transaction, once for the savepoint that goes with it.
    """
    savepoint = session.get_nested_transaction()
    if savepoint is None or session.ledger.releasing is savepoint:
        return False
    session.ledger.releasing = savepoint
    return True


def _begin_transaction(session: "VerifiedSession", transaction: orm.SessionTransaction) -> None:
    if transaction.nested:
        session.ledger.begin_savepoint(transaction)


def _roll_back_transaction(session: "VerifiedSession", ended: orm.SessionTransaction) -> None:
    if ended.nested:  # its end was announced before
        session.ledger.roll_back_savepoint(ended)


def _end_transaction(session: "VerifiedSession", transaction: orm.SessionTransaction) -> None:
    session.ledger.releasing = None
    if transaction.parent is None:
        session.ledger = Ledger()


def _note_attached(session: "VerifiedSession", record: Any) -> None:
    """A record from another session was not read through this one: judge that at the commit."""
    session.ledger.attached[type(record)].add(tuple(sa.inspect(record).identity))
    session.trust.note_attached(record)


def _note_loaded(session: "VerifiedSession", record: Any) -> None:
    session.trust.note_loaded(record)


def _filter_or_refuse(state: orm.ORMExecuteState) -> None:
    """Filter what is read, narrow what is written in bulk, refuse what cannot be judged."""
    session: Any = state.session
    if state.is_select and session.trust.is_suspended:
        what = unverifiable_without_filter(state)
    else:
        what = unverifiable(state)
    if what is not None:
        session.refuse_unverifiable(what)
    elif state.is_update or state.is_delete:
        refuse_untransacted(session)
        claim_rows(session, state)
    elif state.is_column_load and not session.trust.is_suspended:
        _filter_refresh(session, state)
    elif not session.trust.is_suspended:
        state.statement = filtered(state.statement, session.read_options())


def _filter_refresh(session: "VerifiedSession", state: orm.ORMExecuteState) -> None:
    """Refresh a row only while it may be read: SQLAlchemy finds it deleted otherwise.

    What this transaction makes is not judged before it is complete.
    """
    refreshed: Any = state.load_options._refresh_state
    statement = filtered(state.statement, session.read_options())
    if refreshed.key is None or session.ledger.is_fresh(refreshed.obj()):
        state.statement = statement
    elif isinstance(statement, sa.Select):
        allowed = predicate_of(refreshed.mapper.class_, "read", session.accessor)
        state.statement = statement.where(allowed)
    else:
        # Columns of a subclass, from its own table alone: no place for a condition.
        session.judge(require_all, questions("read", [refreshed.obj()]))
