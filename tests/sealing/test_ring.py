"""The key ring seals and opens, for its own records only."""

from dataclasses import replace
from pathlib import Path

import pytest

from baselayer.app.errors import KeyRingError, SealError
from baselayer.app.sealing.binding import Binding
from baselayer.app.sealing.ring import KeyRing

HERE = Binding("connections", "password", "0190-1", "postgresql|db|5432|verify-full")


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.load_or_create(tmp_path / "secrets" / "keys.json")


@pytest.mark.parametrize("value", ["", "hunter2", "пароль 🔑", "x" * 100_000, "a\0b"])
def test_what_was_sealed_opens_again(ring: KeyRing, value: str) -> None:
    assert ring.open(ring.seal(value, HERE), HERE) == value


def test_sealed_value_has_version_and_key_and_shows_nothing(ring: KeyRing) -> None:
    sealed = ring.seal("hunter2", HERE)
    assert sealed.startswith(f"v1.{ring.active}.")
    assert "hunter2" not in sealed
    assert sealed != ring.seal("hunter2", HERE)


@pytest.mark.parametrize(
    "other",
    [
        replace(HERE, table="secrets"),
        replace(HERE, column="tls_key"),
        replace(HERE, row="0190-2"),
        replace(HERE, context="postgresql|evil|5432|verify-full"),
        Binding("connections", "password", "0190-1|", "postgresql|db|5432|verify-full"),
    ],
)
def test_sealed_value_opens_for_no_other_place(ring: KeyRing, other: Binding) -> None:
    with pytest.raises(SealError):
        ring.open(ring.seal("hunter2", HERE), other)


def test_no_changed_byte_goes_unnoticed(ring: KeyRing) -> None:
    sealed = ring.seal("hunter2", HERE)
    for place in range(len(sealed)):
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        if place == len(sealed) - 1:
            continue  # the last base64 character has bits that no byte uses
        with pytest.raises(SealError):
            ring.open(changed, HERE)


@pytest.mark.parametrize(
    "text", ["", "v1", "v1..", "v2.abc.AAAA", "v1.abc.!!!!", "v1.abc.é", "plain password"]
)
def test_nonsense_is_a_seal_error(ring: KeyRing, text: str) -> None:
    with pytest.raises(SealError):
        ring.open(text, HERE)


def test_value_of_short_text_is_a_seal_error(ring: KeyRing) -> None:
    with pytest.raises(SealError, match="too short"):
        ring.open(f"v1.{ring.active}.AAAA", HERE)


def test_old_key_opens_and_active_key_seals(ring: KeyRing) -> None:
    both = KeyRing("new", {**ring.keys, "new": b"k" * 32})
    assert both.open(ring.seal("old", HERE), HERE) == "old"
    assert both.seal("x", HERE).startswith("v1.new.")


def test_key_id_cannot_be_swapped(ring: KeyRing) -> None:
    twin = KeyRing("twin", {"twin": ring.keys[ring.active]})
    sealed = ring.seal("hunter2", HERE).replace(ring.active, "twin")
    with pytest.raises(SealError):
        twin.open(sealed, HERE)


def test_check_value_knows_its_ring(ring: KeyRing, tmp_path: Path) -> None:
    check = ring.check_value()
    ring.verify(check)
    other = KeyRing.load_or_create(tmp_path / "other" / "keys.json")
    for wrong in (other.check_value(), "", "v1.x.y", ring.seal("something else", HERE)):
        with pytest.raises(KeyRingError):
            ring.verify(wrong)


def test_check_value_of_an_old_key_still_fits(ring: KeyRing) -> None:
    KeyRing("new", {**ring.keys, "new": b"k" * 32}).verify(ring.check_value())


def test_keys_are_not_shown(ring: KeyRing) -> None:
    assert repr(ring) == f"KeyRing(active={ring.active!r})"
