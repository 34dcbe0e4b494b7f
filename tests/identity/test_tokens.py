"""A token's value: its form, its checksum, what is kept of it."""

import re

import pytest

from baselayer.app.identity.tokens import BASE62, Token, hash_of, is_well_formed, new_value


def test_value_has_the_form_that_scanners_know() -> None:
    value = new_value()
    assert re.fullmatch(r"bl_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}", value)
    assert is_well_formed(value)
    assert len({new_value() for _ in range(1000)}) == 1000


def test_every_single_mistyped_character_is_noticed() -> None:
    value = new_value()
    for position in range(3, len(value)):
        for other in BASE62[::7]:
            if other != value[position]:
                assert not is_well_formed(value[:position] + other + value[position + 1 :])


@pytest.mark.parametrize("value", ["", "bl_", "bl__", "x" * 42, "BL_" + "a" * 32 + "_000000"])
def test_other_text_is_no_token(value: str) -> None:
    assert not is_well_formed(value)


def test_hash_is_sha_256_and_never_shown() -> None:
    assert hash_of("abc").startswith("ba7816bf")
    token = Token(name="x", value_hash=hash_of("abc"))
    assert "value_hash" not in token.to_dict()
