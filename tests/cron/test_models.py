"""Who sees a run: its owner, and who manages cron jobs; nobody writes one."""

import pytest
import sqlalchemy as sa

from baselayer.app.cron.models import CronJobRun
from baselayer.app.errors import AccessError
from baselayer.app.identity.principals import Principal
from baselayer.app.models import User
from tests.cron.conftest import Office


def _principal(office: Office, username: str, *permissions: str) -> Principal:
    with office.database.plain() as session:
        found = session.scalars(sa.select(User.id).where(User.username == username)).one()
    return Principal(found, username, 1, None, frozenset(permissions))


def test_owner_and_who_manages_cron_jobs_see_a_run(office: Office) -> None:
    office.run(office.job(owner="ada"))
    office.run(office.job(name="nobodys"))
    seen = {}
    for caller in (
        _principal(office, "ada"),
        _principal(office, "max"),
        _principal(office, "max", "Manage cron jobs"),
    ):
        with office.database.verified(caller) as session:
            names = sorted(run.name for run in session.scalars(CronJobRun.select(caller)))
            seen[caller.username, *caller.permissions] = names
    assert seen == {
        ("ada",): ["job"],
        ("max",): [],
        ("max", "Manage cron jobs"): ["job", "nobodys"],
    }


@pytest.mark.parametrize("act", ["update", "delete"])
def test_not_even_its_owner_changes_a_run(office: Office, act: str) -> None:
    run_id = office.run(office.job("exit 1", owner="ada")).id
    ada = _principal(office, "ada", "Manage cron jobs")
    with office.database.verified(ada) as session, pytest.raises(AccessError):
        run = session.get_one(CronJobRun, run_id)
        if act == "update":
            run.state = "succeeded"
        else:
            session.delete(run)
        session.commit()
    assert office.record(run_id).state == "failed"
