"""Runs: their token lives as long as they do, and their record says how they ended."""

import asyncio
import signal
from typing import Any

import pytest
import sqlalchemy as sa

from baselayer.app.auth.identify import identify
from baselayer.app.cron.run import CronRunner
from baselayer.app.cron.states import Claim
from baselayer.app.db.engine import Database
from baselayer.app.db.types import utcnow
from baselayer.app.errors import InvalidTokenError
from baselayer.app.identity.principals import Principal
from baselayer.app.models import AuditEvent
from tests.cron.conftest import Office, is_alive, until

SHOW_TOKEN = 'echo "$BASELAYER_TOKEN"'
WAIT = SHOW_TOKEN + "; echo $$; exec sleep 600"


async def _identified(office: Office, value: str) -> Principal:
    database = Database(office.url, poolclass=sa.NullPool)
    try:
        return await identify(database.async_engine, f"token {value}")
    finally:
        await database.dispose()


def _is_dead(office: Office, value: str) -> bool:
    with pytest.raises(InvalidTokenError):
        asyncio.run(_identified(office, value))
    return office.tokens() == []


def _principal_during_run(office: Office, **settings: Any) -> tuple[Principal, str]:
    """Return whom the token stands for while its script runs, and its value."""
    job = office.job(f"{SHOW_TOKEN} > {office.directory}/token; sleep 600", **settings)

    async def body() -> tuple[Principal, str]:
        (office.directory / "token").unlink(missing_ok=True)
        async with office.runner(grace_seconds=0.1) as runner:
            assert await runner.begin(_claim(job))
            path = office.directory / "token"
            value: str = await until(lambda: path.exists() and path.read_text().strip())
            return await _identified(office, value), value

    return asyncio.run(body())


def _claim(job: Any) -> Claim:
    return Claim(job, utcnow(), "here")


def test_token_acts_for_the_owner_while_the_script_runs_and_never_after(office: Office) -> None:
    found, value = _principal_during_run(office, owner="ada", acls=["Run queries"])
    assert (found.username, found.permissions) == ("ada", frozenset({"Run queries"}))
    assert found.token_expires_at is not None
    lifetime = (found.token_expires_at - utcnow()).total_seconds()
    assert 3600 < lifetime < 3700
    assert _is_dead(office, value)


def test_token_of_a_script_that_ended_by_itself_is_dead(office: Office) -> None:
    run = office.run(office.job(SHOW_TOKEN, owner="ada"))
    assert run.state == "succeeded"
    assert _is_dead(office, (run.output or "").strip())


def test_token_has_only_what_the_owner_has_at_that_moment(office: Office) -> None:
    acls = ["Run queries", "Manage users", "System admin"]
    found, _ = _principal_during_run(office, owner="ada", acls=acls)
    assert found.permissions == {"Run queries"}
    office.execute("delete from user_roles using users where user_id = users.id and username='ada'")
    try:
        found, _ = _principal_during_run(office, owner="ada", acls=acls)
        assert found.permissions == frozenset()
    finally:
        office.execute(
            "insert into user_roles (user_id, role_id, created_at, modified)"
            " select id, 'Analyst', now(), now() from users where username = 'ada'"
        )


@pytest.mark.parametrize("column", ["deactivated_at", "expiration_date"])
def test_script_of_an_owner_who_may_not_act_is_not_started(office: Office, column: str) -> None:
    marker = office.directory / "ran"
    office.execute(f"update users set {column} = now() - interval '1 day' where username = 'ada'")
    try:
        run = office.run(office.job(f"touch {marker}", owner="ada"))
    finally:
        office.execute(f"update users set {column} = null where username = 'ada'")
    assert (run.state, run.exit_status, run.pid) == ("failed", None, None)
    assert "'ada'" in (run.message or "")
    assert not marker.exists()
    assert office.tokens() == []


def test_script_of_an_owner_who_does_not_exist_is_recorded_as_failed(office: Office) -> None:
    run = office.run(office.job(owner="ghost"))
    assert (run.state, run.owner_id) == ("failed", None)
    assert "no user 'ghost'" in (run.message or "")


def test_script_without_an_owner_gets_no_token(office: Office) -> None:
    run = office.run(office.job('echo "<${BASELAYER_TOKEN-none}>"'))
    assert (run.state, run.output, run.owner_id) == ("succeeded", "<none>\n", None)


def test_stop_of_the_server_ends_the_script_and_its_token(office: Office) -> None:
    job = office.job(WAIT, owner="ada")

    async def body() -> int:
        async with office.runner() as runner:
            assert await runner.begin(_claim(job))
            return int(await until(lambda: office.records()[0].pid))

    pid = asyncio.run(body())
    (run,) = office.records()
    assert (run.state, run.exit_status) == ("stopped", -signal.SIGTERM)
    assert "server was stopped" in (run.message or "")
    assert not is_alive(pid)
    assert _is_dead(office, (run.output or "").split()[0])


def test_run_of_a_server_that_died_is_lost_and_its_token_dead(office: Office) -> None:
    job = office.job(WAIT, owner="ada")

    async def body() -> None:
        async with office.runner(lease_seconds=0.2) as dead, office.runner() as other:
            assert await dead.begin(_claim(job))
            pid = await until(lambda: office.records()[0].pid)
            assert is_alive(pid)
            assert len(office.tokens()) == 1
            await asyncio.sleep(0.3)  # its lease
            await other.start()  # as the next server does, and every one again and again
            assert office.records()[0].state == "lost"
            assert office.tokens() == []
            await until(lambda: not is_alive(pid))  # its orphans on this machine end, too

    asyncio.run(body())
    (run,) = office.records()
    assert (run.state, run.exit_status) == ("lost", None), "what it says later is not believed"
    assert run.finished_at is not None


def test_run_whose_server_is_alive_is_not_lost(office: Office) -> None:
    job = office.job("sleep 0.8", owner="ada")

    async def body() -> None:
        async with office.runner(lease_seconds=0.4, heartbeat_seconds=0.1) as runner:
            await runner.start()
            async with office.runner(heartbeat_seconds=0.1) as other:
                await other.start()
                begun = await runner.begin(_claim(job))
                assert begun
                await begun[1]

    asyncio.run(body())
    assert [run.state for run in office.records()] == ["succeeded"]


def test_script_is_ended_when_its_run_was_taken_for_lost(office: Office) -> None:
    job = office.job(WAIT, owner="ada")

    async def body() -> int:
        async with office.runner() as runner:
            begun = await runner.begin(_claim(job))
            assert begun
            pid = int(await until(lambda: office.records()[0].pid))
            office.execute("update cron_job_runs set state = 'lost'")
            await runner.keep_leases()
            await begun[1]
            return pid

    assert not is_alive(asyncio.run(body()))
    assert [run.state for run in office.records()] == ["lost"]


def test_end_of_a_run_is_written_when_the_database_comes_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, failures = (
        CronRunner._write_end_once,
        [OSError(), sa.exc.OperationalError("", {}, OSError())],
    )

    async def fail_first(self: CronRunner, *arguments: Any) -> None:
        if failures:
            raise failures.pop()
        await write(self, *arguments)

    monkeypatch.setattr(CronRunner, "_write_end_once", fail_first)
    assert office.run(office.job(owner="ada")).state == "succeeded"
    assert office.tokens() == []


def test_beginning_and_end_are_audited_as_the_owner(office: Office) -> None:
    run = office.run(office.job("exit 4", owner="ada"))
    with office.database.plain() as session:
        lines = list(session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id)))
    assert [(line.action, line.outcome) for line in lines] == [
        ("cron.start", "allowed"),
        ("cron.finish", "failed"),
    ]
    assert {line.user_id for line in lines} == {run.owner_id}
    assert {line.token_id for line in lines} == {run.token_id}
    assert {line.object_id for line in lines} == {str(run.id)}
    assert lines[1].details == {"state": "failed", "exit_status": 4}
