"""Loading what records are related to, in the same call: `load=[Note.comments, Comment.author]`."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm.strategy_options import _AbstractLoad

Load = Any  # a relationship of a model, such as `Note.comments`, or a sequence of them
LoadPolymorphic = Sequence[type] | Literal["all"] | None


def load_options(
    cls: type, load: Load = None, load_polymorphic: LoadPolymorphic = None
) -> list[_AbstractLoad]:
    """Return the options that load relationships `load` along with records of `cls`.

    A relationship of a model that another one leads to is loaded below it. `load_polymorphic`
    names the subclasses of the one relationship's target whose own columns are loaded too.
    """
    wanted = _as_list(load)
    if load_polymorphic is not None:
        return [_polymorphic(wanted, load_polymorphic)]
    mapper: orm.Mapper[Any] = sa.inspect(cls)
    reached: set[Any] = set()
    options = list(_below(mapper, wanted, reached, ()))
    lost = [str(one) for one in wanted if one.property not in reached]
    if lost:
        raise ValueError(f"no way leads from {cls.__name__} to {', '.join(lost)}: load it too")
    return options


def _as_list(load: Load) -> list[Any]:
    found = [] if load is None else list(load) if isinstance(load, (list, tuple)) else [load]
    for one in found:
        if not isinstance(getattr(one, "property", None), orm.RelationshipProperty):
            raise ValueError(f"load takes relationships of models, not {one!r}")
    return found


def _below(
    mapper: orm.Mapper[Any], wanted: list[Any], reached: set[Any], path: tuple[Any, ...]
) -> Iterator[_AbstractLoad]:
    """Yield the options for what hangs directly on `mapper`, each with what hangs on its target."""
    for one in wanted:
        owner: orm.Mapper[Any] = one.parent
        if one.property in path or not (mapper.isa(owner) or owner.isa(mapper)):
            continue
        reached.add(one.property)
        if not mapper.isa(owner):  # a relationship that only a subclass has
            yield orm.selectin_polymorphic(mapper.class_, [owner.class_])
        beyond = _below(one.property.mapper, wanted, reached, (*path, one.property))
        yield orm.selectinload(one).options(*beyond)


def _polymorphic(wanted: list[Any], subclasses: LoadPolymorphic) -> _AbstractLoad:
    if len(wanted) != 1:
        raise ValueError("load_polymorphic goes with one relationship in load, which it is about")
    target: orm.Mapper[Any] = wanted[0].property.mapper
    if target.polymorphic_on is None:
        raise ValueError(f"{target.class_.__name__}, which {wanted[0]} leads to, has no subclasses")
    if subclasses == "all":
        subclasses = [heir.class_ for heir in target.self_and_descendants if heir is not target]
    # Those of PolymorphicBaseMixin are loaded anyway, and only those that are among the rows.
    more = [cls for cls in subclasses or () if sa.inspect(cls).polymorphic_load is None]
    loading = orm.selectinload(wanted[0])
    return loading.selectin_polymorphic(more) if more else loading
