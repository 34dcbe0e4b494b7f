"""What an Authorization header says."""

import pytest

from baselayer.app.auth.identify import token_of
from baselayer.app.errors import UnauthenticatedError


@pytest.mark.parametrize("scheme", ["token", "Token", "BEARER", "bearer"])
@pytest.mark.parametrize("space", [" ", "   "])
def test_both_schemes_are_understood_in_any_case(scheme: str, space: str) -> None:
    assert token_of(f"{scheme}{space}bl_x ") == "bl_x"


@pytest.mark.parametrize("header", [None, "", " ", "token", "token ", "Basic YTpi", "bl_x"])
def test_anything_else_is_refused_with_the_right_form(header: str | None) -> None:
    with pytest.raises(UnauthenticatedError, match="Authorization: token bl_"):
        token_of(header)
