"""Types and keys: times, slugs, UUID version 7."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from baselayer.app.db.types import SlugifiedStr, UtcDateTime, slugify, utcnow, uuid7
from tests.factories.gate import Note
from tests.factories.places import OWN, Place


def test_times_are_aware_and_utc(here: Place) -> None:
    moment = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    with here.plain() as session:
        session.get_one(Note, OWN).created_at = moment
        session.commit()
        session.expire_all()
        stored = session.get_one(Note, OWN).created_at
    assert stored == moment and stored.tzinfo is UTC
    assert utcnow().tzinfo is UTC


def test_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(
            datetime(2026, 1, 1), sa.create_mock_engine("postgresql://", print).dialect
        )


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Ada Lovelace", "ada-lovelace"),
        ("ada@example.org", "ada@example.org"),
        ("  Été -- 2026! ", "ete-2026"),
        ("a_b.c", "a_b.c"),
    ],
)
def test_slugs(text: str, slug: str) -> None:
    assert slugify(text) == slug == slugify(slug)
    assert (
        SlugifiedStr().process_bind_param(
            None, sa.create_mock_engine("postgresql://", print).dialect
        )
        is None
    )


def test_uuids_increase_and_tell_their_time() -> None:
    before = utcnow()
    made = [uuid7() for _ in range(10_000)]
    assert made == sorted(made) and len(set(made)) == len(made)
    assert {(key.version, key.variant) for key in made} == {(7, "specified in RFC 4122")}
    stamp = datetime.fromtimestamp((made[0].int >> 80) / 1000, UTC)
    assert abs(stamp - before) < timedelta(seconds=5)
