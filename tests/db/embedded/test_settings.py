"""What the server is started with."""

from pathlib import Path

from baselayer.app.db.embedded.settings import server_options


def options(*, tcp: bool = False, fsync: bool = True, **own: str) -> dict[str, str]:
    words = server_options(
        own, socket_directory=Path('/a "b", c'), port=5433, tcp=tcp, mark="mark", fsync=fsync
    )
    assert set(words[::2]) == {"-c"}
    return dict(word.split("=", 1) for word in words[1::2])


def test_no_tcp_unless_asked_for_and_then_only_loopback() -> None:
    assert options()["listen_addresses"] == ""
    assert options(tcp=True)["listen_addresses"] == "127.0.0.1"


def test_caller_may_tune_but_not_open() -> None:
    found = options(work_mem="8MB", listen_addresses="*", unix_socket_permissions="0777")
    assert found["work_mem"] == "8MB"
    assert found["listen_addresses"] == ""
    assert found["unix_socket_permissions"] == "0700"


def test_socket_directory_is_one_element_of_the_list() -> None:
    assert options()["unix_socket_directories"] == '"/a ""b"", c"'


def test_data_are_safe_unless_asked_otherwise() -> None:
    assert "fsync" not in options()
    assert options(fsync=False)["fsync"] == "off"
