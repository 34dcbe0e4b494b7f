"""People who call with a token, and what they are told."""

from dataclasses import dataclass
from typing import Any

import requests


@dataclass(frozen=True)
class Person:
    """Somebody who calls with a token."""

    base: str
    token: str

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Send a request."""
        headers = {"Authorization": f"token {self.token}"}
        return requests.request(method, self.base + path, json=body, headers=headers, timeout=60)

    def get(self, path: str) -> Any:
        """Return the data of a GET that succeeds."""
        return data(self.call("GET", path))

    def post(self, path: str, **body: Any) -> Any:
        """Return the data of a POST that makes something."""
        return data(self.call("POST", path, body), 201)


def data(answer: requests.Response, status: int = 200) -> Any:
    """Return the data of an answer with this status."""
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


@dataclass(frozen=True)
class Lab:
    """The running server, its people, and the groups that they are in."""

    mira: Person
    noor: Person
    odd: Person
    adam: Person
    team_id: int
