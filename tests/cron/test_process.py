"""A script's process: what it finds around it, and how it ends."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from baselayer.app.cron.jobs import Account
from tests.cron.conftest import URL, Office, is_alive

SHOW_SURROUNDINGS = """
import json, os, resource, stat
environ = open("/proc/self/environ", "rb").read().split(b"\\0")
print(json.dumps({
    "environ": sorted(part.decode() for part in environ if part),
    "cwd": os.getcwd(),
    "mode": stat.S_IMODE(os.stat(".").st_mode),
    "files": os.listdir("."),
    "stdin": os.read(0, 10).decode(),
    "descriptors": sorted(os.listdir("/proc/self/fd")),
    "session": os.getsid(0) == os.getpid(),
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "uid": os.getuid(), "groups": os.getgroups(), "gid": os.getgid(),
}))
"""


def test_environment_holds_the_address_and_the_token_and_nothing_else(office: Office) -> None:
    job = office.job(owner="ada")
    office.script(SHOW_SURROUNDINGS, job.path.name, shebang=f"#!{sys.executable}")
    os.environ["CANARY"] = "canary 5d1c"
    try:
        run = office.run(job)
    finally:
        del os.environ["CANARY"]
    assert run.state == "succeeded", run.output
    token, url = json.loads(run.output or "")["environ"]
    assert url == f"BASELAYER_URL={URL}"
    assert token.startswith("BASELAYER_TOKEN=bl_")
    assert "canary" not in (run.output or "")


def test_script_runs_in_a_private_directory_with_nothing_of_the_servers(office: Office) -> None:
    job = office.job()
    office.script(SHOW_SURROUNDINGS, job.path.name, shebang=f"#!{sys.executable}")
    found = json.loads(office.run(job).output or "")
    assert found["environ"] == [f"BASELAYER_URL={URL}"]
    assert (found["mode"], found["files"], found["stdin"]) == (0o700, [], "")
    assert found["session"]
    assert found["descriptors"] == ["0", "1", "2", "3"]  # the last is what lists them
    assert Path(found["cwd"]).parent == Path(tempfile.gettempdir())
    assert not Path(found["cwd"]).exists()


def test_script_runs_as_the_account_that_is_configured(office: Office, account: Account) -> None:
    job = office.job("id -u; id -g; id -G; touch here && stat -c %u .")
    run = office.run(job, account=account)
    assert (run.output or "").split() == ["65534"] * 4


def test_interpreter_is_found_without_a_path(office: Office) -> None:
    job = office.job()
    office.script("echo $((6 * 7))", job.path.name, shebang="#!/usr/bin/env sh")
    assert office.run(job).output == "42\n"


def test_arguments_reach_the_script_as_they_stand(office: Office) -> None:
    arguments = ["$(id)", "; id", "-rf", "*", "a b", "", "`id`", "%s\n"]
    job = office.job('for a in "$@"; do printf \'<%s>\' "$a"; done', arguments=arguments)
    assert office.run(job).output == "".join(f"<{argument}>" for argument in arguments)


def test_output_and_errors_are_kept_in_order_with_the_exit_status(office: Office) -> None:
    run = office.run(office.job("echo one; echo two >&2; echo three; exit 7"))
    assert (run.state, run.exit_status, run.message) == ("failed", 7, None)
    assert run.output == "one\ntwo\nthree\n"
    assert run.duration_seconds is not None and 0 < run.duration_seconds < 10
    assert run.host == "here" and run.pid
    assert run.started_at and run.finished_at and run.started_at <= run.finished_at


def test_output_that_is_no_text_is_kept_as_far_as_it_can_be(office: Office) -> None:
    run = office.run(office.job(r"printf 'a\000b\377c'"))
    assert (run.state, run.output) == ("succeeded", "a\ufffdb\ufffdc")


def test_long_output_is_cut_at_its_end_and_said_to_be(office: Office) -> None:
    job = office.job("echo begin; head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2")
    run = office.run(job, output_limit_bytes=2048)
    assert (run.state, run.output_truncated) == ("succeeded", True)
    assert run.output == "begin\n" + "x" * 2042
    assert (
        office.run(office.job("printf x%.0s $(seq 2048)"), output_limit_bytes=2048).output_truncated
        is False
    )


def test_script_that_runs_too_long_is_asked_to_end(office: Office) -> None:
    job = office.job("trap 'echo bye; exit 3' TERM; echo on; sleep 60 & wait", timeout_seconds=0.5)
    run = office.run(job)
    assert (run.state, run.exit_status, run.output) == ("timed_out", 3, "on\nbye\n")


def test_script_that_does_not_end_when_asked_is_killed_with_all_it_started(
    office: Office,
) -> None:
    text = """
    trap '' TERM
    sleep 600 & echo $!
    (trap '' TERM; sleep 601 & echo $!; wait) &
    setsid sleep 602 & echo $!
    setsid -f sh -c 'echo $$; exec sleep 603'
    wait; sleep 600
    """
    start = time.monotonic()
    run = office.run(office.job(text, timeout_seconds=1, owner="ada"), grace_seconds=0.5)
    assert time.monotonic() - start < 10
    assert (run.state, run.exit_status) == ("timed_out", -9)
    started = [int(word) for word in (run.output or "").split()]
    assert len(started) == 4
    assert not [pid for pid in [run.pid or 0, *started] if is_alive(pid)]


def test_what_a_script_leaves_running_ends_with_it(office: Office) -> None:
    text = "sleep 600 & echo $!; setsid -f sh -c 'echo $$; exec sleep 601'; sleep 0.3; exit 0"
    start = time.monotonic()
    run = office.run(office.job(text, owner="ada"))
    assert time.monotonic() - start < 5
    assert (run.state, run.exit_status) == ("succeeded", 0)
    started = [int(word) for word in (run.output or "").split()]
    assert len(started) == 2
    assert not [pid for pid in started if is_alive(pid)]


def test_script_without_its_interpreter_is_recorded_as_failed(office: Office) -> None:
    job = office.job()
    office.script("", job.path.name, shebang="#!/no/such/interpreter")
    run = office.run(job)
    assert (run.state, run.exit_status) == ("failed", None)
    assert "interpreter" in (run.message or "")


def test_script_without_a_first_line_is_recorded_as_failed(office: Office) -> None:
    job = office.job()
    office.script("echo", job.path.name, shebang="")
    run = office.run(job)
    assert (run.state, run.exit_status) == ("failed", None)
    assert "could not be started" in (run.message or "")
