"""Waiting for a run, and reading its result."""

from pathlib import Path

import pytest

from baselayer.client import Client, ClientError, Run, RunFailedError
from tests.client.conftest import Answer, Stub

ID = "01a201b3-d349-707c-a467-65eb07ee1e36"
PATH = f"/api/runs/{ID}"


def heard(state: str, **more: str) -> dict[str, str | None]:
    return {"id": ID, "state": state, "truncated": None} | {
        name: more.get(name) for name in ("error_message", "error_code")
    }


@pytest.fixture
def run(stub: Stub, client: Client) -> Run:
    stub.gives("POST /api/runs", heard("queued"))
    return client.run("select 1", ID)


def test_waiting_asks_until_the_run_has_ended(stub: Stub, run: Run) -> None:
    stub.gives(f"GET {PATH}", heard("running"), heard("succeeded"))
    assert run.wait().state == "succeeded"
    assert [asked for asked, *_ in stub.asked[1:]] == [f"GET {PATH}?wait=30"] * 2


def test_failed_run_says_why(stub: Stub, run: Run) -> None:
    stub.gives(f"GET {PATH}", heard("failed", error_message="Oh.", error_code="query_failed"))
    with pytest.raises(RunFailedError, match=r"Oh\.") as raised:
        run.wait()
    assert (raised.value.state, raised.value.code) == ("failed", "query_failed")


def test_cancelled_run_has_no_message_of_its_own(stub: Stub, run: Run) -> None:
    stub.gives(f"POST {PATH}/cancel", heard("cancelled"))
    run.cancel()
    with pytest.raises(RunFailedError, match="is cancelled"):
        run.wait()


def test_rows_come_page_by_page(stub: Stub, run: Run) -> None:
    columns = [{"name": "n", "type": "int64", "source_type": "int8"}]
    first = {"columns": columns, "rows": [[1], [2]], "total": 3}
    stub.gives(f"GET {PATH}/rows", first, first | {"rows": [[3]]})
    rows = run.rows(page_rows=2)
    assert next(rows) == [1]
    assert len(stub.asked) == 2
    assert list(rows) == [[2], [3]]
    assert stub.asked[-1][0] == f"GET {PATH}/rows?offset=2&limit=2"


def test_empty_result_has_columns_and_no_rows(stub: Stub, run: Run) -> None:
    stub.gives(f"GET {PATH}/rows", {"columns": [{"name": "n"}], "rows": [], "total": 0})
    assert run.columns() == [{"name": "n"}]
    assert list(run.rows()) == []


def test_download_to_a_file_is_all_or_nothing(stub: Stub, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "result.csv"
    refusal = {"status": "error", "message": "Gone.", "data": {"code": "result_gone"}}
    stub.on(f"GET {PATH}/download", Answer(refusal, 410), Answer(b"n\r\n1\r\n"))
    with pytest.raises(ClientError, match="Gone"):
        run.download_to(file)
    assert list(tmp_path.iterdir()) == []
    run.download_to(file)
    assert file.read_bytes() == b"n\r\n1\r\n"
    assert list(tmp_path.iterdir()) == [file]
