"""Settings of the look-ups of accounts and users."""

from pydantic import Field

from baselayer.app.config.section import Section


class LookupSettings(Section):
    """How long who is who is remembered, and where. What is changed here is forgotten at once."""

    lifetime_seconds: float = Field(
        5,
        ge=0,
        le=3600,
        description="How long a look-up of an account or user is remembered: what another process "
        "changes is seen after this time at the latest; 0 remembers nothing.",
    )
    max_entries: int = Field(
        10_000, ge=1, description="How many look-ups each process remembers at most."
    )
    redis_url: str | None = Field(
        None,
        repr=False,
        pattern=r"^(redis|rediss|unix)://",
        description="A Redis in which processes share what they have looked up; null does without. "
        "It needs the extra `baselayer[redis]`.",
    )
