"""Client: a server, as seen by the holder of a token."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from baselayer.client.errors import ClientError
from baselayer.client.run import Run
from baselayer.client.transport import Transport

PAGE_RECORDS = 100


class Client:
    """A baselayer server at `url`, spoken to with `token`; a context manager that closes it.

    Connections and queries are named by id, or by a name that is unique among those that the
    token's user may see.
    """

    def __init__(self, url: str, token: str, *, timeout_seconds: float = 90.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise ClientError(f"{url!r} is no address of a server: it begins with http or https.")
        self._transport = Transport(url, token, timeout_seconds=timeout_seconds)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    def profile(self) -> Any:
        """Return who the token acts for, and with which permissions."""
        return self._transport.call("GET", "/api/profile")

    def connections(self) -> Iterator[Any]:
        """Yield every connection that the user may see."""
        return self._records("/api/connections")

    def queries(self) -> Iterator[Any]:
        """Yield every saved query that the user may see."""
        return self._records("/api/queries")

    def run(self, sql: str, connection: str, *, limit_rows: int | None = None) -> Run:
        """Start a statement and return its run, which may be over by then; see Run.wait."""
        body: dict[str, Any] = {"connection_id": self.connection_id(connection), "sql": sql}
        return self._start("/api/runs", body, limit_rows)

    def run_query(self, query: str, *, limit_rows: int | None = None) -> Run:
        """Start a saved query and return its run."""
        ident = _id_of("query", query, self.queries)
        return self._start(f"/api/queries/{ident}/runs", {}, limit_rows)

    def test(self, connection: str) -> Any:
        """Return the steps on the way to the connection's database, up to the first failure."""
        ident = self.connection_id(connection)
        return self._transport.call("POST", f"/api/connections/{ident}/test")

    def connection_id(self, connection: str) -> str:
        """Return the id of a connection, given its id or its name."""
        return _id_of("connection", connection, self.connections)

    def _start(self, path: str, body: dict[str, Any], limit_rows: int | None) -> Run:
        """Start a run and return once the server has an id for it, so that it can be cancelled."""
        if limit_rows is not None:
            body["limit_rows"] = limit_rows
        return Run(self._transport, self._transport.call("POST", path, body=body))

    def _records(self, path: str) -> Iterator[Any]:
        query: dict[str, Any] = {"limit": PAGE_RECORDS}
        while True:
            page = self._transport.call("GET", path, query=query)
            yield from page["items"]
            if page["next"] is None:
                return
            query["after_id"] = page["next"]


def _id_of(noun: str, wanted: str, records: Any) -> str:
    if _is_id(wanted):
        return wanted
    found = [record for record in records() if record["name"] == wanted]
    if not found:
        raise ClientError(f"There is no {noun} {wanted!r}, or you may not see it.")
    if len(found) > 1:
        ids = ", ".join(record["id"] for record in found)
        raise ClientError(f"Several owners have a {noun} {wanted!r}. Name one by its id: {ids}.")
    ident: str = found[0]["id"]
    return ident


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
