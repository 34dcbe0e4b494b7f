"""Networks as they are written, and as they are kept."""

import pytest

from baselayer.app.schemas.networks import network


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        ("2001:DB8:0::/32", "2001:db8::/32"),
        ("::1", "::1/128"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
    ],
)
def test_network_has_one_spelling(text: str, kept: str) -> None:
    assert network(text) == kept
    assert network(kept) == kept


@pytest.mark.parametrize("text", ["", "host", "192.0.2.1/24", "192.0.2", "10.0.0.0/33", "::/129"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="network"):
        network(text)
