"""Which addresses lie in which networks, however they are written."""

import pytest

from baselayer.app.auth.addresses import is_from, is_within


@pytest.mark.parametrize(
    ("address", "networks", "expected"),
    [
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.3.7", ["192.0.2.0/24"], False),
        ("192.0.3.7", ["192.0.2.0/24", "192.0.3.7/32"], True),
        ("::ffff:192.0.2.7", ["192.0.2.0/24"], True),
        ("::ffff:c000:207", ["192.0.2.0/24"], True),
        ("2001:db8::1", ["2001:db8::/32"], True),
        ("fe80::1%eth0", ["fe80::/10"], True),
        ("192.0.2.7", ["::/0"], False),
        ("::1", ["0.0.0.0/0"], False),
        ("", ["0.0.0.0/0", "::/0"], False),
        (None, ["0.0.0.0/0", "::/0"], False),
        ("nonsense", ["0.0.0.0/0"], False),
        ("192.0.2.7", [], False),
    ],
)
def test_address_is_in_a_network(address: str | None, networks: list[str], expected: bool) -> None:
    assert is_from(address, networks) is expected


@pytest.mark.parametrize(
    ("wanted", "own", "expected"),
    [
        ("10.1.0.0/16", ["10.0.0.0/8"], True),
        ("10.0.0.0/8", ["10.0.0.0/8"], True),
        ("10.0.0.0/7", ["10.0.0.0/8"], False),
        ("::/0", ["10.0.0.0/8"], False),
        ("::ffff:10.0.0.1", ["10.0.0.0/8"], True),
        ("2001:db8::/48", ["10.0.0.0/8", "2001:db8::/32"], True),
    ],
)
def test_network_is_within_another(wanted: str, own: list[str], expected: bool) -> None:
    assert is_within(wanted, own) is expected
