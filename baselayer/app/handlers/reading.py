"""Reading: from the bytes of a request to a model, or to an error that says what is wrong."""

from collections.abc import Collection
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError

from baselayer.app.errors import (
    CredentialInAddressError,
    InvalidRequestError,
    MalformedBodyError,
)

Model = TypeVar("Model", bound=BaseModel)

SECRET_PARAMETERS = {
    *("token", "access_token", "auth_token", "api_key", "apikey", "authorization", "bearer"),
    *("password", "passwd", "secret"),
}


def decoded(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`; nothing at all is an empty one."""
    try:
        found = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedBodyError(f"The body is not JSON: {error}. Nothing was changed.") from None
    except RecursionError:
        raise MalformedBodyError(
            "The body is JSON that is nested too deeply. Nothing was changed."
        ) from None
    if not isinstance(found, dict):
        raise MalformedBodyError(
            "The body is JSON, but not an object: send {…}. Nothing was changed."
        )
    return found


def validated(model: type[Model], values: dict[str, Any]) -> Model:
    """Return `values` as `model`; InvalidRequestError names every field that is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fields = {
            ".".join(map(str, e["loc"])) or "body": e["msg"].removeprefix("Value error, ")
            for e in error.errors(include_url=False, include_input=False, include_context=False)
        }
        told = "; ".join(f"{name}: {reason}" for name, reason in fields.items())
        raise InvalidRequestError(f"{told}. Nothing was changed.", fields=fields) from None


def refuse_secrets_in_address(names: Collection[str]) -> None:
    """Raise CredentialInAddressError when a query parameter, in any case, is a credential's."""
    leaked = [name for name in names if name.lower() in SECRET_PARAMETERS]
    if leaked:
        raise CredentialInAddressError(
            f"{min(leaked)!r} does not belong in an address, which logs keep: send credentials in "
            "the Authorization header, and hold this one for known to others. Nothing was changed.",
        )


def refuse_parameters(names: Collection[str]) -> None:
    """Raise InvalidRequestError when there are query parameters where none is declared."""
    if names:
        raise InvalidRequestError(
            f"This address takes no parameter {min(names)!r}. Nothing was changed.",
            fields=dict.fromkeys(names, "unknown parameter"),
        )
