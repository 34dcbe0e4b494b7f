"""The settings written out: as `config.yaml.defaults`, and as a page of the reference."""

import textwrap
from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import BaseModel

from baselayer.app.config.environment import variable_for
from baselayer.app.config.naming import section_of

WIDTH = 100

YAML_HEAD = """\
# Every setting with its default. Written by `make docs` from baselayer/app/config/schema.py.
#
# To change some, put only those into config.yaml beside this file, name another file with
# --config, or set a variable such as BASELAYER__SERVER__PORT. What comes later in that order wins.
"""

PAGE_HEAD = """\
# Settings

Written by `make docs` from `baselayer/app/config/schema.py`.

`config.yaml` in the working directory, then each `--config FILE`, then the environment: what comes
later wins. An unknown name or a wrong value stops the start and names the nearest setting. The data
directory is not a setting: the variable `BASELAYER_HOME` names it.
"""


def defaults_yaml(model: type[BaseModel]) -> str:
    """Return every setting of `model` as YAML, each below the sentence about it."""
    parts = [YAML_HEAD.rstrip()]
    for name, section in _sections(model):
        parts += ["", _comment(section.__doc__ or ""), f"{name}:"]
        for setting, default, description in _settings(section):
            parts += [_comment(description, "  "), f"  {_yaml(setting, default)}"]
    return "\n".join(parts) + "\n"


def settings_page(model: type[BaseModel]) -> str:
    """Return every setting of `model` as a page in Markdown."""
    parts = [PAGE_HEAD]
    for name, section in _sections(model):
        parts += [f"## {name}", "", section.__doc__ or "", ""]
        parts += ["| setting | default | variable | |", "| --- | --- | --- | --- |"]
        for setting, default, description in _settings(section):
            full = f"{name}.{setting}"
            value = _yaml(setting, default).partition(": ")[2]
            parts.append(f"| `{full}` | `{value}` | `{variable_for(full)}` | {description} |")
        parts.append("")
    return "\n".join(parts)


def _sections(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in model.model_fields.items():
        section = section_of(field)
        if section is not None:
            yield name, section


def _settings(section: type[BaseModel]) -> Iterator[tuple[str, Any, str]]:
    for name, field in section.model_fields.items():
        yield name, field.get_default(), field.description or ""


def _comment(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")


def _yaml(name: str, value: Any) -> str:
    return yaml.safe_dump({name: value}, width=10**6).strip()
