"""The settings of logging in, and of the sessions of browsers."""

from pydantic import Field

from baselayer.app.config.section import Section


class LoginSettings(Section):
    """How a person comes in with a password, and how long that lasts."""

    idle_minutes: int = Field(
        480, ge=5, description="How long a session lasts when nothing is done in it (8 hours)."
    )
    lifetime_minutes: int = Field(
        10_080, ge=5, description="How long a session lasts whatever is done in it (7 days)."
    )
    admin_lifetime_minutes: int = Field(
        720, ge=5, description="The same for who has System admin (12 hours)."
    )
    account_attempts: int = Field(
        5, ge=1, description="How many logins a minute may fail for one user name."
    )
    address_attempts: int = Field(
        20,
        ge=1,
        description="How many logins a minute may fail from one address; of IPv6, one /64.",
    )
    longest_wait_seconds: int = Field(
        900,
        ge=60,
        description="The longest that further logins must wait; the first time it is a minute, "
        "then twice as long each time.",
    )
    setup_link_minutes: int = Field(
        30, ge=1, description="How long the setup link that is printed at the first start is good."
    )
    invitation_days: int = Field(
        7, ge=1, le=365, description="How long the link of an invitation is good."
    )
