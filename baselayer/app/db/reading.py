"""Reading in a verified session: what every SELECT is filtered by, and which are refused."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql.elements import True_

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.bound import Bound
from baselayer.app.controls.effective import Shape, forgets_with_kept, is_kept, predicate_of
from baselayer.app.controls.rows import SHIELD
from baselayer.app.db.mixins.gated import GatedMixin

KEPT_OPTIONS = 1024  # some 20 kB each


class GateCriteria(LoaderCriteriaOption):
    """A read control as loader criteria, which leaves the SELECTs of controls alone."""

    # Compiled statements with this option are cached, as they are with its base.
    _traverse_internals = LoaderCriteriaOption._traverse_internals

    def _gen_cache_key(self, anon_map: Any, bindparams: list[Any]) -> Any:
        """Return the key of the predicate alone: it belongs to one class, and the rest is alike."""
        said: Any = self.where_criteria
        if isinstance(said, Bound) and said.token is not None:
            return (GateCriteria, said._gen_cache_key(anon_map, bindparams))
        return super()._gen_cache_key(anon_map, bindparams)

    def _should_include(self, compile_state: Any) -> bool:
        """Tell whether to filter this SELECT: not one that is part of a control, at any depth."""
        around = compile_state._containing_loader_criteria
        return not any(it == SHIELD or isinstance(it, GateCriteria) for it in around)

    def _resolve_where_criteria(self, ext_info: Any) -> Any:
        """Return the criteria as spelled on the entity, aliased or not.

        SQLAlchemy 2.1.9 forgets to adapt them to an alias that is joined by a condition of one's
        own: it would filter the other side of a self-join twice, and this side not at all.
        """
        criteria = super()._resolve_where_criteria(ext_info)
        return ext_info._adapter.traverse(criteria) if ext_info.is_aliased_class else criteria


def read_options(accessor: Accessor) -> tuple[GateCriteria, ...]:
    """Return the criteria that keep `accessor` to the rows he may read, for every gated class.

    One for each root of an inheritance tree: its predicate narrows the subclasses. They reach
    aliases, lazy loads and joined loads too; without `propagate_to_loaders` joined loads leak.
    """
    if accessor.narrowing is not None:
        return _options(gated_roots(), accessor)
    rights = accessor.is_admin, frozenset(accessor.permissions)
    kept: tuple[GateCriteria, ...]
    kept, rest = _kept_options(Shape(accessor.user_id, *rights))
    return kept + _options(rest, accessor)


@forgets_with_kept
@lru_cache(maxsize=KEPT_OPTIONS)
def _kept_options(
    shape: Shape,
) -> tuple[tuple[GateCriteria, ...], tuple[orm.Mapper[Any], ...]]:
    """Return the criteria for everybody of `shape`, and the mappers whose ones depend on more."""
    roots = gated_roots()
    kept = [root for root in roots if is_kept(root.class_, "read", shape)]
    return _options(kept, shape), tuple(root for root in roots if root not in kept)


def _options(roots: Iterable[orm.Mapper[Any]], accessor: Accessor) -> tuple[GateCriteria, ...]:
    allowed = [(root.class_, predicate_of(root.class_, "read", accessor)) for root in roots]
    return tuple(
        GateCriteria(cls, one, include_aliases=True, propagate_to_loaders=True)
        for cls, one in allowed
        if not isinstance(one, True_)
    )


@event.listens_for(orm.Mapper, "instrument_class")
def _forget_options(mapper: Any, cls: Any) -> None:
    """A class that is mapped later is filtered too."""
    _kept_options.cache_clear()


def gated_roots() -> list[orm.Mapper[Any]]:
    """Return the mappers of all gated classes that are no subclass of another mapped one."""
    return [mapper for mapper in gated_mappers() if mapper.inherits is None]


def gated_mappers() -> list[orm.Mapper[Any]]:
    """Return the mappers of all classes with a gate, of whatever declarative base."""
    mappers, waiting = {}, [GatedMixin]
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        mapper: orm.Mapper[Any] | None = sa.inspect(cls, raiseerr=False)
        if mapper is not None:
            mappers[mapper] = f"{cls.__module__}.{cls.__qualname__}"
    return sorted(mappers, key=lambda mapper: mappers[mapper])


def filtered(statement: Any, options: tuple[GateCriteria, ...]) -> Any:
    """Return `statement` with `options`, less those that a lazy load has from its parent's."""
    there = set(map(id, statement._with_options))
    return statement.options(*(option for option in options if id(option) not in there))
