"""Inheritance between models: PolymorphicBaseMixin, the key of a joined subclass, identities."""

from typing import Any, ClassVar, Self, cast

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from baselayer.app.db.mixins.mapping import add_mapper_arguments

DISCRIMINATOR = "_polymorphic_name"


class PolymorphicBaseMixin:
    """The root of models that share a table of common columns; put it before `Base`.

    A subclass with a key of its own (`create_subclass_id_mixin`) is joined to the root's table,
    one without is stored in it. A class with unimplemented abstract methods, or declared with
    `polymorphic_abstract=True`, has no records of its own. `polymorphic_on` names a column to tell
    the classes apart by, instead of `_polymorphic_name`. A subclass may narrow the controls of its
    root and never widen them.
    """

    _identity: ClassVar[str | None] = None

    def __init_subclass__(
        cls,
        *,
        polymorphic_on: str | None = None,
        polymorphic_abstract: bool | None = None,
        polymorphic_identity: str | None = None,
        **kwargs: Any,
    ) -> None:
        if "__mapper__" in vars(cls):
            raise TypeError(f"{cls.__name__}: put PolymorphicBaseMixin before Base")
        if hasattr(cls, "metadata") and not vars(cls).get("__abstract__"):
            abstract = bool(_abstract_methods(cls))
            if polymorphic_abstract is not None:
                abstract = polymorphic_abstract
            cls._identity = polymorphic_identity or _automatic_identity(cls)
            arguments = _place_in_tree(cls, polymorphic_on)
            arguments |= _kind_of(cls, abstract)
            add_mapper_arguments(cls, arguments)
        super().__init_subclass__(**kwargs)

    @classmethod
    def get_concrete_subclasses(cls) -> list[type[Self]]:
        """Return the subclasses, at any depth, that have records of their own."""
        heirs = _mapper(cls).self_and_descendants
        return [m.class_ for m in heirs if m.class_ is not cls and not m.polymorphic_abstract]

    @classmethod
    def get_polymorphic_discriminator(cls) -> str:
        """Return the name of the attribute that tells the classes apart."""
        mapper = _mapper(cls)
        if mapper.polymorphic_on is None:
            raise ValueError(f"{cls.__name__} has no column that tells its subclasses apart")
        column = cast("sa.Column[Any]", mapper.polymorphic_on)
        return mapper.base_mapper.get_property_by_column(column).key

    @classmethod
    def get_identity_to_class_map(cls) -> dict[str, type[Self]]:
        """Return the classes by the identity that their records are stored with."""
        heirs = _mapper(cls).self_and_descendants
        return {str(m.polymorphic_identity): m.class_ for m in heirs if not m.polymorphic_abstract}

    @classmethod
    def is_joined_table_inheritance(cls) -> bool:
        """Tell whether this class, or one below it, has a table beside the root's."""
        mapper = _mapper(cls)
        root = mapper.base_mapper.local_table
        return any(m.local_table is not root for m in mapper.self_and_descendants)


class AutoPolymorphicIdentityMixin:
    """Store records under the class's name, in lower case, after its parent's: `tool.hammer`.

    It goes with `PolymorphicBaseMixin`, and holds for subclasses too. The name is in the stored
    rows: who renames a class migrates them, or keeps the old name by `polymorphic_identity=`.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if not issubclass(cls, PolymorphicBaseMixin):
            raise TypeError(
                f"{cls.__name__}: AutoPolymorphicIdentityMixin needs "
                "PolymorphicBaseMixin on the root of its models"
            )
        super().__init_subclass__(**kwargs)


class SubclassIdMixin:
    """What every class made by `create_subclass_id_mixin` is."""


def create_subclass_id_mixin(parent_table_name: str) -> Any:
    """Return a mixin with the primary key of a joined subclass of the model in that table.

    It must be the first base of the subclass. The row goes when the parent's row goes. For type
    checkers, annotate what you assign it to as `Any`; strict ones want an ignore on the subclass.
    """
    if not parent_table_name:
        raise ValueError("say the name of the parent's table, such as 'tools'")

    parent = sa.ForeignKey(f"{parent_table_name}.id", ondelete="CASCADE")
    body = {
        "id": mapped_column(parent, primary_key=True, sort_order=-10),
        "__annotations__": {"id": Mapped[Any]},
        "__doc__": f"The key of a row that belongs to one of `{parent_table_name}`.",
    }
    words = parent_table_name.split("_")
    return type("".join(map(str.capitalize, words)) + "SubclassIdMixin", (SubclassIdMixin,), body)


def _mapper(cls: type) -> orm.Mapper[Any]:
    mapper: orm.Mapper[Any] = sa.inspect(cls)
    return mapper


def _parent_of(cls: type) -> type | None:
    """Return the mapped class that `cls` inherits from, if any."""
    return next((it for it in cls.__mro__[1:] if sa.inspect(it, raiseerr=False) is not None), None)


def _abstract_methods(cls: type) -> set[str]:
    """Return the abstract methods that `cls` leaves open, before ABCMeta has looked at it."""
    named = {name for it in cls.__mro__ for name in getattr(it, "__abstractmethods__", ())}
    named |= {name for name, it in vars(cls).items() if getattr(it, "__isabstractmethod__", False)}
    found = {name: getattr(cls, name, None) for name in named}
    return {name for name, it in found.items() if getattr(it, "__isabstractmethod__", False)}


def _automatic_identity(cls: type[PolymorphicBaseMixin]) -> str | None:
    if not issubclass(cls, AutoPolymorphicIdentityMixin):
        return None
    parent = _parent_of(cls)
    above = getattr(parent, "_identity", None)
    own = cls.__name__.lower()
    return f"{above}.{own}" if above else own


def _place_in_tree(cls: type[PolymorphicBaseMixin], polymorphic_on: str | None) -> dict[str, Any]:
    """Give the root its discriminator and a subclass its table or none; return what maps it so."""
    parent = _parent_of(cls)
    if parent is None:
        if polymorphic_on is None:
            column = mapped_column(sa.Text, nullable=False, index=True, sort_order=-5)
            type.__setattr__(cls, DISCRIMINATOR, column)
        return {"polymorphic_on": polymorphic_on or DISCRIMINATOR}
    if polymorphic_on is not None:
        raise TypeError(f"{cls.__name__}: only the root of the models says polymorphic_on")
    if _has_own_key(cls, parent):
        return {"polymorphic_load": "selectin"}
    if "__tablename__" not in vars(cls):
        type.__setattr__(cls, "__tablename__", None)
    mapper = _mapper(parent)
    shares_root = mapper.local_table is mapper.base_mapper.local_table
    return {"polymorphic_load": "inline" if shares_root else "selectin"}


def _has_own_key(cls: type, parent: type) -> bool:
    """Tell whether `cls` brings a primary key, itself or by a mixin before its parent."""
    before = cls.__mro__[: cls.__mro__.index(parent)]
    if not any("id" in vars(it) for it in before):
        if issubclass(cls, SubclassIdMixin) and not issubclass(parent, SubclassIdMixin):
            raise TypeError(f"{cls.__name__}: put the mixin with its key first, before its parent")
        return False
    return True


def _kind_of(cls: type[PolymorphicBaseMixin], abstract: bool) -> dict[str, Any]:
    """Return what says whether `cls` has records, and under which identity."""
    if abstract:
        return {"polymorphic_abstract": True}
    if "polymorphic_identity" in vars(cls).get("__mapper_args__", {}):
        return {}
    if cls._identity is None:
        raise TypeError(
            f"{cls.__name__} has records, so it needs an identity: add "
            "AutoPolymorphicIdentityMixin, or say polymorphic_identity='…'; or it has none: "
            "polymorphic_abstract=True"
        )
    parent = _parent_of(cls)
    known = _mapper(parent).polymorphic_map if parent is not None else {}
    if cls._identity in known:
        other = known[cls._identity].class_.__name__
        raise ValueError(f"{cls.__name__}: {other} is stored as {cls._identity!r} already")
    return {"polymorphic_identity": cls._identity}
