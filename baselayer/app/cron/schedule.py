"""Schedule: the nominal times of a job, and which of them are due.

Times are those of the job's zone. An expression with fixed hours runs once on every day: a time
that the clock leaves out in spring is made up for at the next minute that exists, and of one that
comes twice in autumn the first counts. Expressions with `*` for the hour or the minute, and
intervals, go by elapsed time. This is what Debian's cron does.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from baselayer.app.config.cron import MINUTES_OF_A_DAY, CronJob

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HORIZON = timedelta(days=5 * 366)
PUNCTUAL = timedelta(minutes=1)
"""A time that passed no longer ago than this has not been missed."""


@dataclass(frozen=True)
class Due:
    """What is to be done about the times that have come."""

    to_run: datetime | None = None
    missed: list[datetime] = field(default_factory=list)
    long_missed: tuple[datetime, datetime] | None = None
    """The first and last of the times that passed so long ago that they are not told singly."""


def times_after(job: CronJob, moment: datetime) -> Iterator[datetime]:
    """Yield the nominal times after `moment`, in UTC, as far as some years ahead."""
    return itertools.takewhile(lambda found: found <= moment + HORIZON, _times(job, moment))


def due(job: CronJob, *, since: datetime, now: datetime, catch_up_seconds: float) -> Due:
    """Return what to do at `now`, when nothing has been done about the times after `since`.

    The last of them is run unless it is too long ago; the others were missed.
    """
    reach = now - max(timedelta(seconds=catch_up_seconds), PUNCTUAL)
    first = next(times_after(job, since), None)
    if first is None or first > now:
        return Due()
    long_missed = (first, _last_before(job, first, reach)) if first < reach else None
    start = max(since, reach - timedelta(microseconds=1))
    recent = list(_until(times_after(job, start), now))
    if not recent:
        return Due(long_missed=long_missed)
    return Due(recent[-1], recent[:-1], long_missed)


def described(job: CronJob) -> str:
    """Return when the job runs, in words."""
    if job.cron is not None:
        told = f"{job.cron} in {job.zone}"
    else:
        told = "every minute" if job.interval == 1 else f"every {job.interval} minutes"
    if job.limit is None:
        return told
    within = f"{told}, from {job.limit[0]} until {job.limit[1]}"
    return within if job.cron is not None else f"{within} in {job.zone}"


def _times(job: CronJob, moment: datetime) -> Iterator[datetime]:
    zone = ZoneInfo(job.zone)
    window = [time.fromisoformat(text) for text in job.limit] if job.limit else None
    if job.cron is not None:
        times = _of_expression(job.cron, zone, moment)
        return times if window is None else _ending(_within(times, window, zone), moment)
    interval = timedelta(minutes=job.interval or 1)
    if window is None:
        return _of_interval(interval, moment)
    return _of_windows(interval, window, zone, moment)


def _of_expression(expression: str, zone: ZoneInfo, moment: datetime) -> Iterator[datetime]:
    last = moment
    for local in CronSim(expression, moment.astimezone(zone)):
        found = local.astimezone(UTC)
        if found > last:  # within the hour that comes twice it begins with times that have passed
            last = found
            yield found


def _of_interval(interval: timedelta, moment: datetime) -> Iterator[datetime]:
    """Yield multiples of the interval, which every server finds alike."""
    found = EPOCH + (moment - EPOCH) // interval * interval
    while True:
        found += interval
        yield found


def _of_windows(
    interval: timedelta, window: list[time], zone: ZoneInfo, moment: datetime
) -> Iterator[datetime]:
    """Yield times counted from the beginning of each day's window, up to its end.

    An interval of more than a day counts whole days; so every window is met, however narrow.
    """
    begin, end = window
    days = -(-interval // timedelta(minutes=MINUTES_OF_A_DAY))
    day = moment.astimezone(zone).date() - timedelta(days=2)
    while True:
        day += timedelta(days=1)
        if day.toordinal() % days:
            continue
        found = _instant(day, begin, zone)
        last = _instant(day if begin < end else day + timedelta(days=1), end, zone)
        while found < last:
            if found > moment:
                yield found
            found += interval


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the moment of a local time, or of the first after it that exists."""
    local = datetime.combine(day, clock)
    while True:
        found = local.replace(tzinfo=zone).astimezone(UTC)
        if found.astimezone(zone).replace(tzinfo=None) == local:
            return found
        local += timedelta(minutes=1)


def _within(
    times: Iterable[datetime], window: list[time], zone: ZoneInfo
) -> Iterator[tuple[datetime, bool]]:
    begin, end = window
    for found in times:
        clock = found.astimezone(zone).time()
        is_inside = begin <= clock < end if begin < end else clock >= begin or clock < end
        yield found, is_inside


def _ending(times: Iterable[tuple[datetime, bool]], moment: datetime) -> Iterator[datetime]:
    """Yield the times inside; end far ahead, where nothing may ever be."""
    for found, is_inside in times:
        if found > moment + HORIZON:
            return
        if is_inside:
            yield found


def _last_before(job: CronJob, first: datetime, end: datetime) -> datetime:
    """Return the last time before `end`; `first` is one. It looks back in growing steps."""
    back = timedelta(hours=1)
    while end - back > first:
        found = [moment for moment in _until(times_after(job, end - back), end) if moment < end]
        if found:
            return found[-1]
        back *= 8
    found = [moment for moment in _until(times_after(job, first), end) if moment < end]
    return found[-1] if found else first


def _until(times: Iterator[datetime], now: datetime) -> Iterator[datetime]:
    return itertools.takewhile(lambda found: found <= now, times)
