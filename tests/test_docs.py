"""The documents tell the truth: settings, errors, routes and commands are all in them."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from pydantic import BaseModel, Field

from baselayer.app.app_server import all_routes
from baselayer.app.config.naming import setting_fields
from baselayer.app.config.schema import Settings
from baselayer.app.errors import BaselayerError
from baselayer.cli.docs import documents, error_classes, stale_documents

ROOT = Path(__file__).parent.parent
BY_HAND = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md"]
PAGES = [*BY_HAND, *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))]

# A quantity says its unit, or is a plain count of the thing that its name says.
UNITS = ("_seconds", "_ms", "_minutes", "_days", "_bytes", "_rows")
COUNTS = ("port", "pool_size", "max_overflow", "concurrent_runs", "_attempts", "_entries")


def settings_without_sentence(model: type[BaseModel]) -> list[str]:
    return [
        name
        for name, field in setting_fields(model).items()
        if not (field.description or "").rstrip().endswith(".")
    ]


def quantities_without_unit(model: type[BaseModel]) -> list[str]:
    return [
        name
        for name, field in setting_fields(model).items()
        if field.annotation in (int, float) and not name.endswith((*UNITS, *COUNTS))
    ]


def faulty_errors(classes: Iterable[type[BaselayerError]]) -> list[str]:
    """Return what is wrong with the register: each class has a code of its own and a page."""
    faults, codes = [], dict[str, str]()
    for found in classes:
        if "code" not in vars(found):
            faults.append(f"{found.__name__} has no code of its own")
        elif found.code in codes:
            faults.append(f"{found.__name__} has the code of {codes[found.code]}")
        codes.setdefault(found.code, found.__name__)
        if not re.match(r"\S.*[.:;]", found.__dict__.get("__doc__") or "", re.DOTALL):
            faults.append(f"{found.__name__} says nothing")
    return faults


def targets(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))


def commands(text: str) -> set[str]:
    """Return what follows `make` in code, fenced or not."""
    code = re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)
    return {name for part in code for name in re.findall(r"\bmake ([a-z]+)", part)}


def dead_links(page: Path, text: str) -> list[str]:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    local = (link for link in links if not link.startswith(("http://", "https://", "mailto:")))
    return [link for link in local if not (page.parent / link).exists()]


def test_what_is_written_from_the_code_is_up_to_date() -> None:
    assert stale_documents(ROOT) == [], "run `make docs`"


def test_every_setting_has_a_sentence() -> None:
    assert settings_without_sentence(Settings) == []


def test_every_quantity_has_its_unit_in_its_name() -> None:
    assert quantities_without_unit(Settings) == []


def test_setting_without_sentence_or_unit_is_found() -> None:
    class Section(BaseModel):
        timeout: int = 5
        limit_rows: int = Field(5, description="no full stop")

    class Model(BaseModel):
        section: Section = Section()

    assert settings_without_sentence(Model) == ["section.timeout", "section.limit_rows"]
    assert quantities_without_unit(Model) == ["section.timeout"]


def test_every_error_has_its_own_code_and_page() -> None:
    assert faulty_errors(error_classes()) == []


def test_error_without_code_or_page_is_found() -> None:
    class SilentError(BaselayerError):
        code = "silent"

    class TwinError(BaselayerError):
        """It happened."""

        code = "silent"

    class CodelessError(TwinError):
        """It happened."""

    assert faulty_errors([SilentError, TwinError, CodelessError]) == [
        "SilentError says nothing",
        "TwinError has the code of SilentError",
        "CodelessError has no code of its own",
    ]


def test_every_route_is_documented() -> None:
    page = documents()["docs/reference/http.md"]
    for route in all_routes():
        for method, (declared, _) in route.operations().items():
            assert f"### {method.upper()} {route.path}\n\n{declared.summary}" in page


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_commands_that_are_told_exist(page: str) -> None:
    told = commands((ROOT / page).read_text())
    assert told, "a page for beginners names the commands"
    assert told <= targets((ROOT / "Makefile").read_text())


def test_command_that_does_not_exist_is_found() -> None:
    makefile = "run: x ## Start it\nhidden:\n"
    assert commands("make love, `make run` and\n```sh\nmake hay\n```") == {"run", "hay"}
    assert targets(makefile) == {"run"}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    assert dead_links(ROOT / page, (ROOT / page).read_text()) == []


def test_dead_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "here.md").touch()
    text = "[a](here.md) [b](here.md#part) [c](gone.md) [d](https://example.org/x)"
    assert dead_links(tmp_path / "page.md", text) == ["gone.md"]


def test_every_room_is_on_the_map_of_the_house() -> None:
    told = (ROOT / "docs/architecture.md").read_text()
    rooms = {p.stem for p in (ROOT / "baselayer/app").iterdir() if p.stem[0] not in "_."}
    assert {room for room in rooms if f"`{room}`" not in told} == set()
