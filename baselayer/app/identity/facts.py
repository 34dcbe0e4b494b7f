"""Facts: what look-ups answer with; plain values that no session holds and nobody can change."""

from dataclasses import dataclass
from datetime import datetime

from baselayer.app.db.types import utcnow


@dataclass(frozen=True)
class AccountFacts:
    """An account, as it was when it was looked up."""

    id: int
    number: str
    company_name: str
    is_default: bool
    is_active: bool


@dataclass(frozen=True)
class UserFacts:
    """A user, as he was when he was looked up; without rights, which only a principal has."""

    id: int
    username: str
    first_name: str | None
    last_name: str | None
    is_bot: bool
    expiration_date: datetime | None
    deactivated_at: datetime | None

    def is_active(self) -> bool:
        """Tell whether the user may act now: neither deactivated nor expired."""
        is_expired = self.expiration_date is not None and self.expiration_date <= utcnow()
        return self.deactivated_at is None and not is_expired


@dataclass(frozen=True)
class ProfileFacts:
    """A user's place in an account."""

    id: int
    user_id: int
    account_id: int


Facts = AccountFacts | UserFacts | ProfileFacts
