"""The documents written from the code: complete, and found out when they are stale."""

from pathlib import Path
from typing import Any

import pytest

from baselayer.app.config.environment import variable_for
from baselayer.app.errors import BaselayerError
from baselayer.cli.docs import documents, errors_page, http_page, main, stale_documents

OPENAPI: dict[str, Any] = {  # Any: JSON
    "paths": {
        "/api/runs": {
            "post": {
                "summary": "Run a statement.",
                "description": "May be called by: Run queries.",
                "parameters": [
                    {"name": "wait", "in": "query", "schema": {"description": "Seconds | time."}}
                ],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/R"}}}
                },
                "responses": {"201": {}, "default": {}},
            },
            "parameters": [],
        }
    },
    "components": {
        "schemas": {"R": {"required": ["sql"], "properties": {"sql": {"description": "One."}}}}
    },
}


class TeapotError(BaselayerError):
    """It is a teapot.

    Ask for tea.
    """

    code = "teapot"
    status = 418


def test_error_has_its_code_status_and_advice() -> None:
    page = errors_page([TeapotError])
    assert "## teapot\n\n`TeapotError`, HTTP status 418\n\nIt is a teapot.\n\nAsk for tea." in page


def test_route_has_its_fields_and_who_may_call_it() -> None:
    page = http_page(OPENAPI)
    assert "### POST /api/runs\n\nRun a statement.\n\nMay be called by: Run queries." in page
    assert "| `wait` | in the query | no | Seconds \\| time. |" in page
    assert "| `sql` | in the body | yes | One. |" in page
    assert "Answers 201." in page


def test_written_documents_are_not_stale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 0
    assert stale_documents(tmp_path) == []
    assert main(["--check", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "path", ["config.yaml.defaults", "docs/errors.md", "docs/reference/settings.md"]
)
def test_changed_and_missing_documents_are_stale(
    tmp_path: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(tmp_path)])
    (tmp_path / path).write_text("something else")
    assert main(["--check", str(tmp_path)]) == 1
    (tmp_path / path).unlink()
    assert main(["--check", str(tmp_path)]) == 1
    assert capsys.readouterr().out.count(f"{path} is not what the code says") == 2


def test_documents_name_the_variables_that_are_read() -> None:
    assert variable_for("server.port") in documents()["docs/reference/settings.md"]
