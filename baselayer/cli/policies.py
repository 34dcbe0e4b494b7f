"""baselayer check-policies: what is to be mended in the access controls of a house's models."""

from importlib import import_module
from typing import Any

import typer

from baselayer.app.controls.linting import lint_policies
from baselayer.cli.saying import note


def check(of: str) -> int:
    """Print each finding about the classes of base `of`; return the exit status."""
    base = _base(of)
    found = lint_policies(base.registry)
    for finding in found:
        print(finding)
    count = len(base.registry.mappers)
    note(
        f"{len(found)} to mend in the controls of {count} classes"
        if found
        else f"the controls of {count} classes are sound"
    )
    return 1 if found else 0


def _base(of: str) -> Any:
    module, _, name = of.partition(":")
    try:
        base = getattr(import_module(module), name)
        base.registry.mappers  # noqa: B018 (a declarative base has them)
    except (ImportError, AttributeError, ValueError):
        raise typer.BadParameter(
            f"{of!r} names no declarative base: write it as package.module:Base"
        ) from None
    return base
