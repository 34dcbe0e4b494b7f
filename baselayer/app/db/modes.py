"""Mode: a class attribute that is an access control and, for `update` and `delete`, also a verb.

Two traditions share these names. `Note.update` is the control that a model declares, and
`note.update(session, …)` the verb that every record has. So on the class a mode is the control
(called with a session it is the verb), and on an instance it is the verb.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import orm
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.base import IsNew, UserAccessControl
from baselayer.app.controls.rows import Rows
from baselayer.app.db.dual import call


class Mode:
    """The declared control of one mode that shares its name with a verb."""

    def __init__(self, control: UserAccessControl, verb: Callable[..., Any]) -> None:
        self.control = control
        self.verb = verb

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return DeclaredMode(self.control, owner, self.verb)
        return _Bound(instance, self.verb)


class _Bound:
    """A verb bound to its record or class; with an AsyncSession it is to be awaited."""

    def __init__(self, owner: Any, verb: Callable[..., Any]) -> None:
        self._owner = owner
        self._verb = verb

    def __call__(self, session: Any, *args: Any, **kwargs: Any) -> Any:
        return call(self._verb, self._owner, session, *args, **kwargs)


class DeclaredMode(UserAccessControl):
    """The control of a mode as read from its class: composes, compiles, and can be called."""

    def __init__(self, control: UserAccessControl, owner: type, verb: Callable[..., Any]) -> None:
        self.control = control
        self._call = _Bound(owner, verb)

    @property
    def declared(self) -> UserAccessControl:
        return self.control

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        return self.control.predicate(entity, accessor)

    def may_be_kept(self) -> bool:
        return self.control.may_be_kept()

    def is_public(self) -> bool:
        return self.control.is_public()

    def stands_alone(self, mapper: orm.Mapper[Any]) -> bool:
        return self.control.stands_alone(mapper)

    def standing(self, rows: Rows, accessor: Accessor, is_new: IsNew) -> ColumnElement[bool] | None:
        return self.control.standing(rows, accessor, is_new)

    if not TYPE_CHECKING:  # UserAccessControl says how it is called

        def __call__(self, session: Any, *args: Any, **kwargs: Any) -> Any:
            return self._call(session, *args, **kwargs)
