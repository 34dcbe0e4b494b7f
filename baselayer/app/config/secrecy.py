"""Which settings hold secrets: how they are masked, and which values are no secret at all."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

MASK = "***"

# What documentation, images and upstream ship as a default; compared in lower case.
WELL_KNOWN = frozenset(
    """
    abc01234 abc123 admin baselayer change-me change_me changeit changeme default dev example
    letmein passw0rd password placeholder postgres qwerty root secret secret_key secretkey test
    token 12345 123456 1234567 12345678 123456789 1234567890
    """.split()  # noqa: SIM905 - a list of words reads better as words
)

_SECRET_NAME = re.compile(r"(^|_)(secret|(ssl)?password|passwd|passphrase|token|key)$")


def is_secret_name(name: str) -> bool:
    """Tell whether a setting of this name holds a secret."""
    return bool(_SECRET_NAME.search(name))


def well_known_secrets(
    tree: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Yield the path of each secret in `tree`, also within URLs, that anybody would guess."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from well_known_secrets(value, (*path, name))
        elif isinstance(value, str):
            secrets = [value] if is_secret_name(name) else url_passwords(value)
            if any(secret.lower() in WELL_KNOWN for secret in secrets):
                yield (*path, name)


def url_passwords(text: str) -> list[str]:
    """Return the passwords that `text` holds, if it is a URL."""
    try:
        url = urlsplit(text)
        inside = [unquote(url.password)] if url.password else []
    except ValueError:
        return []
    return inside + [value for name, value in parse_qsl(url.query) if is_secret_name(name.lower())]


def masked(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of `tree` that can be shown: every secret replaced by three stars."""
    return {name: _masked_value(name, value) for name, value in tree.items()}


def _masked_value(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return masked(value)
    if isinstance(value, list):
        return [_masked_value(name, part) for part in value]
    if not isinstance(value, str):
        return value
    return MASK if is_secret_name(name) else _masked_url(value)


def _masked_url(text: str) -> str:
    try:
        url = urlsplit(text)
        has_password = url.password is not None
    except ValueError:
        return MASK if "@" in text else text
    if not has_password and not url_passwords(text):
        return text
    user, host = url.username or "", url.netloc.rpartition("@")[2]
    netloc = f"{user}:{MASK}@{host}" if has_password else url.netloc
    query = "&".join(
        f"{quote(name)}={MASK if is_secret_name(name.lower()) else quote(value)}"
        for name, value in parse_qsl(url.query)
    )
    return urlunsplit(url._replace(netloc=netloc, query=query))
