"""YAML as settings need it: plain values with their lines; no aliases, no twins, no tags."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from baselayer.app.config.layer import KeyPath, Layer
from baselayer.app.errors import ConfigError

MAX_CHARACTERS = 1_048_576
MAX_DEPTH = 20  # far above any setting, far below what exhausts the parser's stack


def parse_yaml(text: str, source: str) -> Layer:
    """Return the mapping that `text` holds; ConfigError names `source` and the line of a fault."""
    lines: dict[KeyPath, int] = {}
    tree = _parse(text, source, lines)
    if tree is None:
        return Layer(source, {})
    if not isinstance(tree, dict):
        raise ConfigError(f"{source}: expected sections such as `server:`, found a single value.")
    return Layer(source, tree, lines)


def parse_value(text: str, source: str) -> Any:
    """Return the one value that `text` holds, of any kind that YAML has."""
    return _parse(text, source, {})


def _parse(text: str, source: str, lines: dict[KeyPath, int]) -> Any:
    if len(text) > MAX_CHARACTERS:
        raise ConfigError(f"{source}: longer than {MAX_CHARACTERS} characters; is it settings?")
    loader = None
    try:
        _refuse_traps(text, source)
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        return None if node is None else _Reader(loader, source, lines).value(node, ())
    except yaml.MarkedYAMLError as error:
        place = _place(source, error.problem_mark)
        raise ConfigError(f"{place}: not valid YAML: {error.problem}.") from None
    except (yaml.YAMLError, ValueError):
        # Neither these messages nor the chain of exceptions may quote the file: it holds secrets.
        raise ConfigError(f"{source}: not valid YAML.") from None
    finally:
        if loader is not None:
            loader.dispose()


def _refuse_traps(text: str, source: str) -> None:
    """Refuse what would blow up or exhaust the stack, while the parser is still only reading."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            place = _place(source, event.start_mark)
            raise ConfigError(f"{place}: aliases are not taken; write the value out.")
        if getattr(event, "tag", None) is not None:
            place = _place(source, event.start_mark)
            raise ConfigError(f"{place}: tags such as `!!str` are not taken.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            place = _place(source, event.start_mark)
            raise ConfigError(f"{place}: nested more than {MAX_DEPTH} levels deep.")


@dataclass(frozen=True)
class _Reader:
    """Turns nodes into plain values, and notes the line of each name."""

    loader: yaml.SafeLoader
    source: str
    lines: dict[KeyPath, int]

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(part, (*path, index)) for index, part in enumerate(node.value)]
        return self.loader.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, line, value in _pairs(node, self.source):
            if name in found:
                raise ConfigError(f"{self.source}:{line}: {name} is set twice in one section.")
            self.lines[*path, name] = line
            found[name] = self.value(value, (*path, name))
        return found


def _pairs(node: yaml.MappingNode, source: str) -> Iterator[tuple[str, int, yaml.Node]]:
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            place = _place(source, key.start_mark)
            raise ConfigError(f"{place}: the name of a setting must be one word.")
        yield key.value, key.start_mark.line + 1, value


def _place(source: str, mark: Any) -> str:  # Any: YAML's marks come in a Python and a C class
    return source if mark is None else f"{source}:{mark.line + 1}"
