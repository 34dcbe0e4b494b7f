"""Requests and answers: the token on the way out, the envelope on the way back."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import requests
from requests.auth import AuthBase

from baselayer.client.errors import AnswerError, RefusedError, ServerUnreachableError

CONNECT_TIMEOUT_SECONDS = 10.0


class Transport:
    """One server, spoken to as the holder of one token."""

    def __init__(self, url: str, token: str, *, timeout_seconds: float) -> None:
        self.url = url.rstrip("/")
        self._timeouts = (CONNECT_TIMEOUT_SECONDS, timeout_seconds)
        self._session = requests.Session()
        self._session.auth = _TokenAuth(token)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the data of the answer, as JSON says it."""
        with self.open(method, path, query=query, body=body) as answer:
            return _data(answer)

    def open(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> requests.Response:
        """Return the answer with its body still to be read; refusals are raised.

        No redirect is followed: a token goes where its holder said, nowhere else.
        """
        try:
            answer = self._session.request(
                method,
                self.url + path,
                params=query,
                json=body,
                stream=True,
                timeout=self._timeouts,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise unreachable(self.url, error) from None
        if answer.is_redirect:
            answer.close()
            raise AnswerError(
                f"{self.url} sends on to {answer.headers.get('Location')!r}: use the address of "
                "the server itself."
            )
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            with answer:
                raise _refusal(self.url, answer)
        return answer


class _TokenAuth(AuthBase):
    """Sends the token; said as `auth`, so that a .netrc of the machine cannot replace it."""

    def __init__(self, token: str) -> None:
        self._header = f"token {token}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


def unreachable(url: str, error: Exception) -> ServerUnreachableError:
    """Return what to raise when the way to the server failed."""
    if isinstance(error, requests.Timeout):
        return ServerUnreachableError(f"{url} did not answer in time.")
    if isinstance(error, requests.exceptions.SSLError):
        return ServerUnreachableError(f"The certificate of {url} could not be verified.")
    if isinstance(error, requests.ConnectionError):
        return ServerUnreachableError(f"{url} cannot be reached: is a server running there?")
    return ServerUnreachableError(f"{url} could not be asked ({type(error).__name__}).")


def _data(answer: requests.Response) -> Any:
    body = _json(answer)
    if not isinstance(body, dict) or body.get("status") != "success":
        raise _foreign(answer.url)
    return body.get("data")


def _refusal(url: str, answer: requests.Response) -> RefusedError | AnswerError:
    body = _json(answer)
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict) or "code" not in data:
        return AnswerError(f"{url} answered {answer.status_code} {answer.reason}.")
    details = {name: value for name, value in data.items() if name != "code"}
    return RefusedError(
        str(body.get("message")),
        status=answer.status_code,
        code=str(data["code"]),
        details=details,
    )


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except requests.exceptions.JSONDecodeError:
        return None
    except requests.RequestException as error:
        raise unreachable(answer.url, error) from None


def _foreign(url: str) -> AnswerError:
    return AnswerError(f"{url} did not answer as baselayer does: is this the right address?")
