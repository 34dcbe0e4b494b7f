"""The demo's cron script: how late the flights of this day of 2013 were, on one line.

It knows two things: where the server is, and a token that is good until it ends.
"""

import os
from datetime import UTC, datetime

from baselayer.client import Client

STATEMENT = """\
select count(*) as flights,
       round(avg(dep_delay)) as minutes_late,
       count(*) filter (where dep_time is null) as cancelled
from flights
where month = {month} and day = {day}
"""


def main() -> None:
    """Ask the server and print its answer, which becomes the output of the run."""
    today = datetime.now(UTC)
    statement = STATEMENT.format(month=today.month, day=today.day)  # numbers, nobody's text
    with Client(os.environ["BASELAYER_URL"], os.environ["BASELAYER_TOKEN"]) as client:
        who = client.profile()["username"]
        ((flights, late, cancelled),) = client.run(statement, "flights").wait().rows()
    print(
        f"{today:%d %B} 2013, asked by {who}: {flights} flights, {late} minutes late on average, "
        f"{cancelled} cancelled"
    )


if __name__ == "__main__":
    main()
