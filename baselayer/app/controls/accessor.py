"""Accessor: what a control must know of who is asking."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

SYSTEM_ADMIN = "System admin"


@dataclass(frozen=True)
class Narrowing:
    """The only records that exist for an accessor: their ids, each with its kind (`queries`)."""

    named: frozenset[tuple[str, Any]] = frozenset()

    def ids(self, kind: str) -> list[Any]:
        """Return the ids of one kind, in order."""
        return sorted(ident for its, ident in self.named if its == kind)


@runtime_checkable
class Accessor(Protocol):
    """Who asks: a user, a token that acts for one, or a principal made from either."""

    @property
    def user_id(self) -> int:
        """Return the id of the user that is asking, or that the token acts for."""

    @property
    def is_admin(self) -> bool:
        """Tell whether record controls are bypassed (`System admin`)."""

    @property
    def permissions(self) -> Collection[str]:
        """Return the names of the ACLs in force."""

    @property
    def narrowing(self) -> Narrowing | None:
        """Return the only records that exist for this accessor; None when it is not narrowed."""


_MEMBERS = ("user_id", "is_admin", "permissions", "narrowing")


def require_accessor(accessor: Any) -> Accessor:
    """Return `accessor` as one, or raise ValueError, as upstream's `user_id_from_user_or_token`."""
    # isinstance() of a protocol takes 100 µs and reads every property.
    kind = type(accessor)
    if not all(hasattr(kind, name) or hasattr(accessor, name) for name in _MEMBERS):
        raise ValueError(f"accessor must be a User, a Token or a principal, not {accessor!r}")
    found: Accessor = accessor
    return found
