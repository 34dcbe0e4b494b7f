"""The documents that are written from the code: `make docs` writes them, `make check` compares.

python -m baselayer.cli.docs [--check] [ROOT]
"""

import argparse
import importlib.util
import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselayer import __version__
from baselayer.app import errors
from baselayer.app.config.schema import Settings
from baselayer.app.config.written import defaults_yaml, settings_page
from baselayer.app.errors import BaselayerError
from baselayer.app.openapi.build import build

ERRORS_HEAD = """\
# Errors

Written by `make docs` from the classes in `baselayer/app/errors.py`.

An answer that is an error is `{"status": "error", "message": …, "data": {"code": …}}`, with the
HTTP status below. The code is stable; the message is for people and may change.
"""

HTTP_HEAD = """\
# HTTP interface

Written by `make docs` from the routes, as `/openapi.json` is. Say who you are with
`Authorization: token bl_…`. Answers are `{"status": "success", "data": …}`, or an error of
[errors.md](../errors.md).
"""


def documents() -> dict[str, str]:
    """Return path -> text of every document that is written from the code."""
    found = {
        "config.yaml.defaults": defaults_yaml(Settings),
        "docs/reference/settings.md": settings_page(Settings),
        "docs/errors.md": errors_page(list(error_classes())),
    }
    document = _openapi_document()
    return found if document is None else found | {"docs/reference/http.md": http_page(document)}


def error_classes() -> Iterator[type[BaselayerError]]:
    """Yield every class of errors.py, in the order of the file."""
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, BaselayerError):
            yield value


def errors_page(classes: Sequence[type[BaselayerError]]) -> str:
    """Return one heading per code, with what happened and what to do about it."""
    parts = [ERRORS_HEAD]
    for found in classes:
        text = inspect.cleandoc(found.__doc__ or "")
        parts += [f"## {found.code}\n", f"`{found.__name__}`, HTTP status {found.status}\n"]
        parts += [text + "\n"]
    return "\n".join(parts)


def http_page(document: Mapping[str, Any]) -> str:  # Any: an OpenAPI document is JSON
    """Return one heading per address, with its methods, from an OpenAPI document."""
    schemas = document.get("components", {}).get("schemas", {})
    parts = [HTTP_HEAD]
    for path, item in document["paths"].items():
        parts.append(f"## {path}\n")
        for method, operation in item.items():
            if method != "parameters":
                parts += [f"### {method.upper()} {path}\n", *_operation(operation, schemas)]
    return "\n".join(parts)


def stale_documents(root: Path) -> list[str]:
    """Return the paths under `root` that do not say what the code says."""
    return [
        path
        for path, text in documents().items()
        if not (root / path).is_file() or (root / path).read_text("utf-8") != text
    ]


def write_documents(root: Path) -> None:
    """Write every document under `root`."""
    for path, text in documents().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the documents, or with --check tell which are stale; the result is an exit status."""
    parser = argparse.ArgumentParser(description="Write the documents that come from the code")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when stale")
    parser.add_argument("root", nargs="?", type=Path, default=Path())
    options = parser.parse_args(arguments)
    if not options.check:
        write_documents(options.root)
        return 0
    stale = stale_documents(options.root)
    for path in stale:
        print(f"{path} is not what the code says: run `make docs`.")
    return 1 if stale else 0


def _openapi_document() -> dict[str, Any] | None:
    """Return what /openapi.json answers, or None in a tree that has no server yet."""
    if importlib.util.find_spec("baselayer.app.app_server") is None:
        return None
    from baselayer.app.app_server import all_routes

    return build(all_routes(), title="baselayer", version=__version__)


def _operation(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    yield f"{operation.get('summary', '')}\n"
    if operation.get("description"):
        yield f"{operation['description']}\n"
    rows = [(p["name"], f"in the {p['in']}", p) for p in operation.get("parameters", [])]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = body.get("schema", {}).get("$ref", "").rpartition("/")[2]
    schema = schemas.get(name, {})
    required = schema.get("required", [])
    for field, described in schema.get("properties", {}).items():
        rows.append((field, "in the body", described | {"required": field in required}))
    if rows:
        yield "| field | where | required | |\n| --- | --- | --- | --- |"
        yield "\n".join(_row(*row) for row in rows) + "\n"
    answers = [status for status in operation.get("responses", {}) if status != "default"]
    yield f"Answers {', '.join(answers)}.\n"


def _row(field: str, where: str, described: Mapping[str, Any]) -> str:
    text = described.get("description") or described.get("schema", {}).get("description", "")
    text = " ".join(text.split()).replace("|", "\\|")
    return f"| `{field}` | {where} | {'yes' if described.get('required') else 'no'} | {text} |"


if __name__ == "__main__":
    raise SystemExit(main())
