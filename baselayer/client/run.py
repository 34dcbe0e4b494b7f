"""Run: a statement on its way, and its result."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import requests

from baselayer.client.errors import RunFailedError
from baselayer.client.transport import Transport, unreachable

SUCCEEDED = "succeeded"
FINAL_STATES = (SUCCEEDED, "failed", "cancelled", "lost")
WAIT_SECONDS = 30  # how long the server holds one question after a run; then we ask again
PAGE_ROWS = 1000
CHUNK_BYTES = 64 * 1024


class Run:
    """A run on the server; `values` is what was last heard of it."""

    def __init__(self, transport: Transport, values: Mapping[str, Any]) -> None:
        self._transport = transport
        self.values = values
        self.id: str = values["id"]

    @property
    def state(self) -> str:
        """Return how it stood when last heard of."""
        return str(self.values["state"])

    @property
    def truncated(self) -> str | None:
        """Return what cut the result short, such as `rows`; None when it is whole."""
        found: str | None = self.values["truncated"]
        return found

    def wait(self) -> "Run":
        """Wait until the run has ended; raises RunFailedError unless it succeeded."""
        while self.state not in FINAL_STATES:
            self.values = self._call("GET", query={"wait": WAIT_SECONDS})
        if self.state != SUCCEEDED:
            message = self.values["error_message"] or f"The run is {self.state}."
            code = self.values["error_code"]
            raise RunFailedError(message, state=self.state, code=code)
        return self

    def cancel(self) -> None:
        """Ask the server to stop the run."""
        self.values = self._call("POST", "/cancel")

    def columns(self) -> list[dict[str, str]]:
        """Return name, type and source_type of each column."""
        found: list[dict[str, str]] = self._page(0, 1)["columns"]
        return found

    def rows(self, *, page_rows: int = PAGE_ROWS) -> Iterator[list[Any]]:
        """Yield the rows, as JSON can say them exactly; a page is fetched when it is needed."""
        offset, total = 0, 1
        while offset < total:
            page = self._page(offset, page_rows)
            yield from page["rows"]
            offset, total = offset + page_rows, page["total"]

    def download(self, format: str = "csv") -> Iterator[bytes]:
        """Yield the whole result as `csv`, `jsonl` or `arrow`."""
        path = f"/api/runs/{self.id}/download"
        with self._transport.open("GET", path, query={"format": format}) as answer:
            try:
                yield from answer.iter_content(CHUNK_BYTES)
            except requests.RequestException as error:
                raise unreachable(self._transport.url, error) from None

    def download_to(self, place: Path | IO[bytes], format: str = "csv") -> None:
        """Write the whole result to a file; one that is named appears only when it is complete."""
        if not isinstance(place, Path):
            for chunk in self.download(format):
                place.write(chunk)
            return
        partial = place.with_name(f"{place.name}.partial")
        try:
            with partial.open("wb") as file:
                self.download_to(file, format)
            partial.replace(place)
        finally:
            partial.unlink(missing_ok=True)

    def _page(self, offset: int, limit: int) -> Any:
        return self._call("GET", "/rows", query={"offset": offset, "limit": limit})

    def _call(self, method: str, rest: str = "", **asked: Any) -> Any:
        return self._transport.call(method, f"/api/runs/{self.id}{rest}", **asked)
