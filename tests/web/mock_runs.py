"""Runs of the mock server: made-up rows of any number, and states that take their time."""

import asyncio
import hashlib
import re
import time
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]
COLUMNS = [
    ("id", "int64", "int8"), ("time_hour", "timestamp[us, tz=UTC]", "timestamptz"),
    ("carrier", "string", "text"), ("flight", "int32", "int4"), ("tailnum", "string", "text"),
    ("origin", "string", "text"), ("dest", "string", "text"), ("dep_delay", "double", "float8"),
    ("fare", "decimal128(38, 4)", "numeric"), ("ledger", "int64", "int8"),
    ("is_late", "bool", "bool"), ("note", "string", "text"), ("extra", "string", "jsonb"),
]  # fmt: skip
NOTES = ["", None, "gate changed\nat short notice", "ok", "Ångström 北京 🛫"]
MOST = 100_000_000


class Failure(Exception):  # noqa: N818 (an answer, not a fault)
    """A refusal: status, code, message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.told = (status, code, message)
        super().__init__(message)


def _now() -> str:
    return datetime.now(UTC).isoformat()


def row_of(number: int) -> list[Any]:
    """Return row `number`: the same one at every reading."""
    seed = int.from_bytes(hashlib.blake2b(str(number).encode(), digest_size=6).digest())
    delay = None if seed % 11 == 0 else (seed % 4000) / 10 - 40
    return [
        number + 1,
        f"2013-{seed % 12 + 1:02d}-{seed % 28 + 1:02d}T{seed % 24:02d}:00:00+00:00",
        ("UA", "AA", "B6", "DL", "EV")[seed % 5],
        seed % 6000,
        None if seed % 13 == 0 else f"N{seed % 90000 + 10000}",
        ("JFK", "LGA", "EWR")[seed % 3],
        ("IAH", "MIA", "BQN", "ATL", "ORD", "FLL")[seed % 6],
        delay,
        f"{seed % 90000}.{seed % 10000:04d}",
        str(9_007_199_254_740_993 + number),
        None if delay is None else delay > 15,
        NOTES[seed % len(NOTES)],
        f'{{"seat": "{seed % 40}A", "legs": [1, 2]}}',
    ]


class Runs:
    """All runs; the text says how one behaves."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.ends: dict[str, float] = {}

    def start(self, asked: Record) -> Record:
        """Start a run of `asked["sql"]`."""
        if re.match(r"\s*(drop|delete|insert|update)", asked["sql"], re.I):
            message = "This connection only reads: DROP is not among what it runs. Ask its owner."
            raise Failure(403, "statement_refused", message)
        ident = f"01990000-0000-7000-9000-{len(self.records) + 1:012d}"
        self.ends[ident] = time.monotonic() + (30 if "pg_sleep" in asked["sql"] else 0.12)
        record = {
            "id": ident, "state": "running", "connection_id": asked["connection_id"],
            "query_id": asked.get("query_id"), "user_id": 1, "source": "browser",
            "text": asked["sql"], "limit_rows": asked.get("limit_rows") or MOST,
            "created_at": _now(), "started_at": _now(), "finished_at": None, "rows": None,
            "bytes": None, "affected_rows": None, "truncated": None, "error_code": None,
            "error_message": None,
        }  # fmt: skip
        self.records = {ident: record, **self.records}
        return record

    async def answer(
        self, method: str, rest: list[str], *, body: Record, params: dict[str, str]
    ) -> Any:
        """Answer /api/runs…."""
        if method == "POST" and not rest:
            run = self.start(body)
            await self._wait(run, float(params.get("wait", 0)))
            return run
        if not rest:
            return {"items": list(self.records.values()), "next": None}
        if rest[0] not in self.records:
            raise Failure(404, "not_found", "There is no such run, or you may not see it.")
        run = self.records[rest[0]]
        await self._wait(run, float(params.get("wait", 0)))
        if rest[1:] == ["cancel"]:
            self._end(
                run,
                "cancelled",
                error_code="run_cancelled",
                error_message="This run was cancelled.",
            )
        if rest[1:] == ["rows"]:
            return await _page(run, int(params["offset"]), int(params["limit"]))
        if rest[1:] == ["download"]:
            lines = [",".join(name for name, _, _ in COLUMNS)]
            lines += [
                ",".join(str(v or "") for v in row_of(n)) for n in range(min(run["rows"], 1000))
            ]
            return "\n".join(lines).encode()
        return run

    async def _wait(self, run: Record, seconds: float) -> None:
        until = time.monotonic() + seconds
        while run["state"] == "running":
            if time.monotonic() >= self.ends[run["id"]]:
                self._finish(run)
            elif time.monotonic() >= until:
                return
            else:
                await asyncio.sleep(0.02)

    def _finish(self, run: Record) -> None:
        if "broken" in run["text"]:
            message = (
                'The database refused it: relation "broken" does not exist (line 1, column 15).'
            )
            self._end(run, "failed", error_code="database_error", error_message=message)
            return
        found = (
            1_000_000 if "million" in run["text"] else 0 if "nothing" in run["text"] else 336_776
        )
        rows = min(found, run["limit_rows"])
        truncated = "rows" if rows < found else None
        self._end(run, "succeeded", rows=rows, bytes=rows * 41, truncated=truncated)

    def _end(self, run: Record, state: str, **values: Any) -> None:
        run.update(values, state=state, finished_at=_now())


async def _page(run: Record, offset: int, limit: int) -> Record:
    await asyncio.sleep(0.03)
    if run["state"] != "succeeded":
        raise Failure(409, "run_not_finished", f"This run is {run['state']} and has no result.")
    stop = min(offset + limit, run["rows"])
    return {
        "columns": [{"name": n, "type": t, "source_type": s} for n, t, s in COLUMNS],
        "rows": [row_of(number) for number in range(offset, stop)],
        "offset": offset,
        "total": run["rows"],
        "truncated": run["truncated"],
    }
