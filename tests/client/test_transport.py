"""Requests, answers, and what is no answer of ours."""

import socket
from pathlib import Path

import pytest

from baselayer.client import AnswerError, Client, ClientError, RefusedError, ServerUnreachableError
from tests.client.conftest import Answer, Stub

PROFILE = "GET /api/profile"


def test_token_is_sent_whatever_the_machine_keeps(
    stub: Stub, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A .netrc for the host would win over a plain header."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    stub.gives(PROFILE, {"username": "ana"})
    assert client.profile() == {"username": "ana"}
    assert stub.asked == [("GET /api/profile", None, "token bl_token")]


def test_refusal_keeps_code_and_details(stub: Stub, client: Client) -> None:
    refusal = {"status": "error", "message": "No.", "data": {"code": "access_denied", "mode": "x"}}
    stub.on(PROFILE, Answer(refusal, 403))
    with pytest.raises(RefusedError, match=r"No\.") as raised:
        client.profile()
    error = raised.value
    assert (error.status, error.code, error.details) == (403, "access_denied", {"mode": "x"})


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(b"<html>", 502), "answered 502"),
        (Answer([], 404), "answered 404"),
        (Answer(b"<html>hello</html>"), "did not answer as baselayer does"),
        (Answer({"status": "ok"}), "did not answer as baselayer does"),
    ],
)
def test_answer_of_another_program_is_told(
    stub: Stub, client: Client, answer: Answer, told: str
) -> None:
    stub.on(PROFILE, answer)
    with pytest.raises(AnswerError, match=told):
        client.profile()


def test_token_follows_no_redirect(stub: Stub, client: Client) -> None:
    stub.on(PROFILE, Answer(b"", 302, {"Location": f"{stub.address}/elsewhere"}))
    with pytest.raises(AnswerError, match="elsewhere"):
        client.profile()
    assert len(stub.asked) == 1


def test_server_that_is_not_there_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        with Client(address, "x") as client, pytest.raises(ServerUnreachableError, match=address):
            client.profile()


def test_server_that_says_nothing_is_told() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = Client(address, "x", timeout_seconds=0.05)
        with client, pytest.raises(ServerUnreachableError, match="did not answer in time"):
            client.profile()


def test_address_must_be_one_of_the_web() -> None:
    with pytest.raises(ClientError, match="begins with http"):
        Client("localhost:5000", "x")
