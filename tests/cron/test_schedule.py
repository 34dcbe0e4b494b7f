"""Nominal times: of intervals, expressions and windows, also where the clock jumps."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselayer.app.config.cron import CronJob
from baselayer.app.cron.schedule import Due, described, due, times_after

BERLIN = ZoneInfo("Europe/Berlin")


def _job(**settings: object) -> CronJob:
    return CronJob.model_validate({"script": "x"} | settings)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _times(job: CronJob, start: str, count: int = 3) -> list[str]:
    """Return the next times after a moment in UTC, as local times with their offset."""
    zone = ZoneInfo(job.zone)
    found = islice(times_after(job, _utc(start)), count)
    return [f"{moment.astimezone(zone):%d %H:%M %z}" for moment in found]


def _between(job: CronJob, start: str, end: str) -> list[str]:
    found = takewhile(lambda moment: moment < _utc(end), times_after(job, _utc(start)))
    return [f"{moment.astimezone(ZoneInfo(job.zone)):%d %H:%M %z}" for moment in found]


def test_interval_is_the_same_for_every_server() -> None:
    job = _job(interval=7)
    late = list(islice(times_after(job, _utc("2026-01-01T00:03:20")), 3))
    early = list(islice(times_after(job, _utc("2026-01-01T00:00:01")), 4))
    assert set(late) >= set(early[1:3])
    assert {b - a for a, b in pairwise(late)} == {timedelta(minutes=7)}


def test_time_itself_does_not_come_after_itself() -> None:
    for job in (_job(interval=5), _job(cron="*/5 * * * *"), _job(cron="10 12 * * *")):
        assert next(times_after(job, _utc("2026-01-01T12:10"))) > _utc("2026-01-01T12:10")
        assert next(times_after(job, _utc("2026-01-01T12:09:59"))) == _utc("2026-01-01T12:10")


def test_expression_is_read_in_its_zone() -> None:
    job = _job(cron="30 9 * * MON-FRI", zone="Europe/Berlin")
    assert _times(job, "2026-01-02T08:00") == ["02 09:30 +0100", "05 09:30 +0100", "06 09:30 +0100"]


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("30 2 * * *", ["29 03:00 +0200"]),  # there is no 02:30: the next minute that exists
        ("0 2,3 * * *", ["29 03:00 +0200"]),
        ("30 1 * * *", ["29 01:30 +0100"]),
        ("30 * * * *", ["29 00:30 +0100", "29 01:30 +0100", "29 03:30 +0200", "29 04:30 +0200"]),
        ("*/60 1-3 * * *", ["29 01:00 +0100", "29 03:00 +0200"]),
    ],
)
def test_hour_that_is_left_out_in_spring(cron: str, expected: list[str]) -> None:
    job = _job(cron=cron, zone="Europe/Berlin")
    assert _between(job, "2026-03-28T22:59", "2026-03-29T03:00") == expected


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("30 2 * * *", ["25 02:30 +0200"]),  # it comes twice: the first counts
        ("30 1,2,3 * * *", ["25 01:30 +0200", "25 02:30 +0200", "25 03:30 +0100"]),
        (
            "30 * * * *",
            ["25 01:30 +0200", "25 02:30 +0200", "25 02:30 +0100", "25 03:30 +0100"],
        ),
    ],
)
def test_hour_that_comes_twice_in_autumn(cron: str, expected: list[str]) -> None:
    job = _job(cron=cron, zone="Europe/Berlin")
    assert _between(job, "2026-10-24T23:00", "2026-10-25T03:00") == expected


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
@pytest.mark.parametrize("cron", ["30 2 * * *", "0,30 1-4 * * *", "*/20 * * * *", "15 */2 * * *"])
def test_times_are_the_same_wherever_one_begins_to_count(day: str, cron: str) -> None:
    job = _job(cron=cron, zone="Europe/Berlin")
    start = _utc(day)
    end = start + timedelta(days=3)
    whole = list(takewhile(lambda moment: moment < end, times_after(job, start)))
    assert whole == sorted(set(whole))
    for minutes in range(0, 2 * 24 * 60, 7):
        moment = start + timedelta(minutes=minutes)
        expected = next(found for found in whole if found > moment)
        assert next(times_after(job, moment)) == expected, moment


def test_interval_goes_by_elapsed_time_when_the_clock_jumps() -> None:
    job = _job(interval=60, zone="Europe/Berlin")
    assert len(_between(job, "2026-03-28T23:00", "2026-03-29T22:00")) == 22
    assert len(_between(job, "2026-10-24T22:00", "2026-10-25T23:00")) == 24


def test_window_across_midnight_is_open_on_both_sides_of_it() -> None:
    job = _job(interval=60, limit=["22:30", "01:00"], zone="Europe/Berlin")
    expected = ["01 22:30 +0200", "01 23:30 +0200", "02 00:30 +0200", "02 22:30 +0200"]
    assert _times(job, "2026-06-01T12:00", 4) == expected
    assert _times(job, "2026-06-01T21:45", 1) == ["02 00:30 +0200"]


def test_window_across_midnight_limits_an_expression() -> None:
    job = _job(cron="0 * * * *", limit=["23:00", "02:00"])
    assert _times(job, "2026-06-01T12:00", 4) == [
        "01 23:00 +0000",
        "02 00:00 +0000",
        "02 01:00 +0000",
        "02 23:00 +0000",
    ]


@pytest.mark.parametrize("limit", [["03:10", "03:20"], ["23:55", "00:05"]])
def test_daily_job_meets_its_window_however_narrow(limit: list[str]) -> None:
    for interval, days in ((1440, 1), (1500, 2), (7 * 1440, 7)):
        found = list(
            islice(times_after(_job(interval=interval, limit=limit), _utc("2026-01-01")), 3)
        )
        assert [f"{moment:%H:%M}" for moment in found] == [limit[0]] * 3
        assert {b - a for a, b in pairwise(found)} == {timedelta(days=days)}


def test_window_that_begins_in_the_missing_hour_begins_after_it() -> None:
    job = _job(interval=20, limit=["02:30", "03:30"], zone="Europe/Berlin")
    expected = ["29 03:00 +0200", "29 03:20 +0200"]
    assert _between(job, "2026-03-29T00:00", "2026-03-29T20:00") == expected


def test_expression_that_its_window_never_meets_has_no_times() -> None:
    assert (
        next(
            times_after(_job(cron="0 12 * * *", limit=["13:00", "14:00"]), _utc("2026-01-01")), None
        )
        is None
    )


def test_leap_day_is_waited_for() -> None:
    job = _job(cron="0 0 29 2 *")
    assert next(times_after(job, _utc("2026-01-01"))) == _utc("2028-02-29")


def test_latest_of_the_missed_times_is_made_up_for() -> None:
    job = _job(interval=10)
    found = due(
        job, since=_utc("2026-01-01T12:00"), now=_utc("2026-01-01T12:35"), catch_up_seconds=3600
    )
    times = [_utc(f"2026-01-01T12:{minute}") for minute in (10, 20, 30)]
    assert found == Due(times[2], times[:2])


def test_time_is_not_made_up_for_when_it_is_too_long_ago() -> None:
    job = _job(cron="0 6 * * *")
    found = due(
        job, since=_utc("2026-01-01T06:00"), now=_utc("2026-01-04T08:00"), catch_up_seconds=3600
    )
    assert found == Due(long_missed=(_utc("2026-01-02T06:00"), _utc("2026-01-04T06:00")))


def test_punctual_time_needs_no_catching_up() -> None:
    job = _job(cron="0 6 * * *")
    now = _utc("2026-01-02T06:00:02")
    found = due(job, since=_utc("2026-01-02T05:00"), now=now, catch_up_seconds=0)
    assert found == Due(_utc("2026-01-02T06:00"))


def test_nothing_is_due_before_its_time() -> None:
    job = _job(cron="0 6 * * *")
    start = _utc("2026-01-02T06:00")
    assert due(job, since=start, now=start + timedelta(hours=23), catch_up_seconds=3600) == Due()


@given(
    interval=st.integers(1, 3000),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    cuts=st.lists(st.integers(1, 4000), min_size=1, max_size=8),
)
def test_every_time_is_dealt_with_once_however_the_checks_fall(
    interval: int, start: datetime, cuts: list[int]
) -> None:
    job = _job(interval=interval, zone="Europe/Berlin")
    since = start.replace(tzinfo=UTC)
    begin, told = since, list[datetime]()
    for minutes in cuts:
        now = since + timedelta(minutes=minutes)
        found = due(job, since=since, now=now, catch_up_seconds=10_000_000)
        told += [*found.missed, *([found.to_run] if found.to_run else [])]
        since = now
    assert told == list(takewhile(lambda moment: moment <= since, times_after(job, begin)))


def test_schedule_is_told_in_words() -> None:
    assert described(_job(interval=1)) == "every minute"
    job = _job(interval=15, limit=["22:00", "06:00"], zone="Europe/Berlin")
    assert described(job) == "every 15 minutes, from 22:00 until 06:00 in Europe/Berlin"
    assert described(_job(cron="0 2 * * *")) == "0 2 * * * in UTC"
