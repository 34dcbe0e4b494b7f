"""Claiming: the rows that a bulk UPDATE or DELETE touches, chosen, locked and judged beforehand."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import orm

from baselayer.app.db.cascading import victims
from baselayer.app.db.granting import Moving
from baselayer.app.db.owning import KEPT_BY_US, owner_columns
from baselayer.app.db.reading import filtered
from baselayer.app.db.verify import Question, require_all
from baselayer.app.db.writing import chosen_rows, narrowed_to, set_columns, target_of, to_one

if TYPE_CHECKING:
    from baselayer.app.db.sessions import VerifiedSession


def claim_rows(session: "VerifiedSession", state: orm.ORMExecuteState) -> None:
    """Narrow a bulk UPDATE or DELETE to rows the accessor may touch, and note them for the commit.

    The rows are locked and named first: only their post-image tells what they become.
    """
    if session.autoflush:
        session.flush()
    cls, options = target_of(state).class_, session.read_options()
    chosen = chosen_rows(session.own_connection(), session.accessor, state, options)
    if state.is_update:
        _judge_sets(session, state, chosen)
    else:
        deleted = [Question(cls, "delete", chosen)]
        session.judge(require_all, list(victims(session.own_connection(), deleted)))
    state.statement = filtered(narrowed_to(state, chosen), options)


def _judge_sets(session: "VerifiedSession", state: orm.ORMExecuteState, chosen: Any) -> None:
    mapper, sets = target_of(state), set_columns(state)
    keys = {mapper.get_property_by_column(column).key for column in mapper.primary_key}
    if keys & sets.keys():
        session.refuse_unverifiable("a bulk UPDATE of a primary key")
    owners = owner_columns(mapper)
    if owners & sets.keys():
        session.judge(require_all, [Question(mapper.class_, "transfer", chosen)])
        if sets.keys() <= owners | KEPT_BY_US:
            session.ledger.updated[mapper.class_] -= chosen
            return
    links = {
        mapper.get_property_by_column(column).key
        for relationship in to_one(mapper)
        for column in relationship.local_columns
    }
    if links & sets.keys():
        session.judge(require_all, [Moving(mapper.class_, chosen, sets)])
    session.ledger.updated[mapper.class_] |= chosen
