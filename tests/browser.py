"""A browser: it keeps its cookie, and sends what our page would."""

from dataclasses import dataclass, field
from typing import Any

import requests

from baselayer.app.auth.passwords import hash_password, store_password
from tests.server import Served, data

PASSWORD = "a quiet harbour at dusk"
COOKIE = "baselayer"
_hashes: dict[str, str] = {}


@dataclass
class Browser:
    """One browser of one person."""

    base: str
    xsrf_token: str | None = None
    http: requests.Session = field(default_factory=requests.Session, repr=False)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Send a request as the page does; `headers` of None leave one out."""
        headers = {"Origin": self.base, "Sec-Fetch-Site": "same-origin"}
        if self.xsrf_token is not None and method != "GET":
            headers["X-XSRFToken"] = self.xsrf_token
        headers |= options.pop("headers", {})
        options |= {} if body is None else {"json": body}
        url = self.base + path
        return self.http.request(method, url, headers=headers, timeout=60, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        """Send a GET."""
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Send a POST."""
        return self.call("POST", path, {} if body is None else body, **options)

    def try_login(self, username: str, password: str = PASSWORD, **options: Any) -> Any:
        """Log in, or not."""
        body = {"username": username, "password": password}
        return self.call("POST", "/login", body, **options)

    def login(self, username: str, password: str = PASSWORD) -> dict[str, Any]:
        """Log in and return the profile."""
        return self.keep(self.try_login(username, password))

    def keep(self, answer: requests.Response) -> dict[str, Any]:
        """Keep the XSRF token of a profile, as the page does."""
        profile: dict[str, Any] = data(answer)
        self.xsrf_token = profile["xsrf_token"]
        return profile

    @property
    def cookie(self) -> str:
        """Return the value of the session's cookie."""
        return str(self.http.cookies[COOKIE])

    def copy(self) -> "Browser":
        """Return another browser with the same cookie and XSRF token, as a thief would have."""
        other = Browser(self.base, self.xsrf_token)
        other.http.cookies.set(COOKIE, self.cookie)
        return other


def give_password(house: Served, username: str, password: str = PASSWORD) -> None:
    """Give a user a password, as the operator would."""
    stored = _hashes.setdefault(password, hash_password(password))
    with house.database().plain() as session:
        store_password(session, house.people[username].user_id, stored)
        session.commit()


def entered(house: Served, username: str = "analyst") -> Browser:
    """Return a browser that a user, who gets a password, has logged in with."""
    give_password(house, username)
    browser = Browser(house.base)
    browser.login(username)
    return browser
