"""Secrets among settings: found by name and within URLs, masked, and refused when known to all."""

import pytest

from baselayer.app.config.secrecy import masked, url_passwords, well_known_secrets


@pytest.mark.parametrize("name", ["password", "secret_key", "bot_token", "client_secret", "key"])
def test_secret_is_known_by_its_name(name: str) -> None:
    assert list(well_known_secrets({"app": {name: "abc01234"}})) == [("app", name)]
    assert masked({name: "x"}) == {name: "***"}


def test_other_settings_may_have_any_value() -> None:
    tree = {"app": {"title": "secret", "keyboard": "changeme"}}
    assert list(well_known_secrets(tree)) == []
    assert masked(tree) == tree


def test_good_secret_is_taken() -> None:
    assert list(well_known_secrets({"app": {"secret_key": "f81a-93c0-77de"}})) == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:pw@h:1/d", "postgresql://u:***@h:1/d"),
        ("postgresql://u:p%40w@[::1]:1/d", "postgresql://u:***@[::1]:1/d"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("postgresql://h/d?password=pw&a=b", "postgresql://h/d?password=***&a=b"),
        ("postgresql://u:pw@[broken/d", "***"),
        ("plain words", "plain words"),
    ],
)
def test_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert masked({"url": url, "urls": [url]}) == {"url": shown, "urls": [shown]}


def test_passwords_of_a_url_are_decoded() -> None:
    assert url_passwords("postgresql://u:p%40w@h/d?sslpassword=q") == ["p@w", "q"]
