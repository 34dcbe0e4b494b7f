"""Five questions to the flights, with answers that are worth a look."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SavedQuery:
    """A query to be saved."""

    name: str
    description: str
    text: str


QUERIES = (
    SavedQuery(
        "worst routes",
        "The twenty routes on which half of all flights were later than this. A median, because "
        "one flight that is a day late should not condemn a route.",
        """\
select
    f.origin,
    f.dest,
    a.name as airport,
    count(*) as flights,
    percentile_disc(0.5) within group (order by f.arr_delay) as median_minutes_late,
    percentile_disc(0.9) within group (order by f.arr_delay) as one_in_ten_later_than
from flights f
left join airports a on a.faa = f.dest
where f.arr_delay is not null
group by f.origin, f.dest, a.name
having count(*) >= 100
order by median_minutes_late desc, flights desc
limit 20
""",
    ),
    SavedQuery(
        "delay by hour and airline",
        "How late departures are over the day, for the six largest airlines. Delays pile up: the "
        "first flight out is the one that leaves on time.",
        """\
with largest as (
    select carrier from flights group by carrier order by count(*) desc limit 6
)
select
    f.hour,
    l.name as airline,
    count(*) as flights,
    round(avg(f.dep_delay), 1) as minutes_late,
    round(100.0 * count(*) filter (where f.dep_delay > 30) / count(*), 1) as percent_30_late
from flights f
join largest using (carrier)
join airlines l using (carrier)
where f.dep_delay is not null
group by f.hour, l.name
order by f.hour, l.name
""",
    ),
    SavedQuery(
        "weather and delay",
        "What bad visibility does to each of the three airports: departures joined with the "
        "weather of their hour.",
        """\
select
    w.origin,
    case
        when w.visib < 1 then '1: below 1 mile'
        when w.visib < 5 then '2: 1 to 5 miles'
        when w.visib < 10 then '3: 5 to 10 miles'
        else '4: clear'
    end as visibility,
    count(*) as flights,
    round(avg(f.dep_delay), 1) as minutes_late,
    round(100.0 * count(*) filter (where f.dep_time is null) / count(*), 1) as percent_cancelled
from flights f
join weather w on w.origin = f.origin and w.time_hour = f.time_hour
group by 1, 2
order by 1, 2
""",
    ),
    SavedQuery(
        "planes by age",
        "Are old planes late? Flights, delay and cancelled flights by the age of the plane in "
        "steps of five years.",
        """\
select
    (f.year - p.year) / 5 * 5 as years_old_from,
    count(distinct p.tailnum) as planes,
    count(*) as flights,
    round(avg(f.dep_delay), 1) as minutes_late,
    round(100.0 * count(*) filter (where f.dep_time is null) / count(*), 2) as percent_cancelled,
    round(avg(f.distance)) as miles
from flights f
join planes p using (tailnum)
where p.year <= f.year
group by 1
order by 1
""",
    ),
    SavedQuery(
        "busiest days",
        "The three days of each month with the most flights, how they rank in the year, and "
        "how the days around them were.",
        """\
with days as (
    select
        make_date(year, month, day) as day,
        count(*) as flights,
        round(avg(dep_delay), 1) as minutes_late
    from flights
    group by 1
),
ranked as (
    select
        day,
        flights,
        minutes_late,
        rank() over (order by flights desc) as rank_in_year,
        row_number() over (partition by date_trunc('month', day) order by flights desc, day)
            as place_in_month,
        round(avg(flights) over (order by day rows between 3 preceding and 3 following), 1)
            as week_around
    from days
)
select day, to_char(day, 'Dy') as weekday, flights, week_around, minutes_late, rank_in_year
from ranked
where place_in_month <= 3
order by day
""",
    ),
)
