"""A tree of Python sources, read without being imported."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Import:
    """One imported name, dotted in full, and where."""

    name: str
    line: int
    is_deferred: bool
    is_relative: bool


@dataclass(frozen=True)
class Source:
    """One file: `path` is relative to the root of the tree, with slashes."""

    path: str
    text: str

    @cached_property
    def syntax(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def imports(self) -> list[Import]:
        return list(self._imports(self.syntax, is_deferred=False))

    def _imports(self, node: ast.AST, *, is_deferred: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            deferred = is_deferred or isinstance(child, FUNCTIONS)
            yield from self._imports(child, is_deferred=deferred)
            if isinstance(child, ast.Import | ast.ImportFrom | ast.Call):
                is_relative = isinstance(child, ast.ImportFrom) and child.level > 0
                for name in self._names(child):
                    yield Import(name, child.lineno, is_deferred, is_relative)

    def _names(self, node: ast.Import | ast.ImportFrom | ast.Call) -> list[str]:
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            base = ".".join(filter(None, [self._above(node.level), node.module]))
            return [f"{base}.{alias.name}" for alias in node.names]
        return _named_at_run_time(node)

    def _above(self, level: int) -> str:
        if not level:
            return ""
        package = self.path.split("/")[:-1]
        return ".".join(package[: len(package) - level + 1])


def _named_at_run_time(node: ast.Call) -> list[str]:
    """Return the module of `import_module("…")` and `__import__("…")`: a way around the rules."""
    if not node.args:
        return []
    called = node.func.attr if isinstance(node.func, ast.Attribute) else None
    called = node.func.id if isinstance(node.func, ast.Name) else called
    first = node.args[0]
    if called in ("import_module", "__import__") and isinstance(first, ast.Constant):
        return [str(first.value)]
    return []


@dataclass(frozen=True)
class Tree:
    """The sources under `root`, of the product and of its tests."""

    root: Path

    @cached_property
    def sources(self) -> list[Source]:
        files = [
            file
            for place in ("baselayer", "benchmarks", "tests")
            for file in sorted((self.root / place).rglob("*.py"))
        ]
        return [Source(f.relative_to(self.root).as_posix(), f.read_text("utf-8")) for f in files]

    @cached_property
    def modules(self) -> dict[str, Source]:
        return {source.module: source for source in self.sources}

    def under(self, place: str) -> list[Source]:
        """Return the sources in the folder `place`, or the one file `place`.py."""
        return [
            s for s in self.sources if s.path == f"{place}.py" or s.path.startswith(f"{place}/")
        ]

    def reached_from(self, place: str) -> dict[str, str]:
        """Return each module that loading `place` can load -> the module that imports it."""
        reached = {source.module: source.module for source in self.under(place)}
        waiting = list(reached)
        while waiting:
            importer = self.modules[waiting.pop()]
            for name in [*self._loaded(importer.module), *self._loaded_by(importer)]:
                if name not in reached:
                    reached[name] = importer.module
                    waiting.append(name)
        return reached

    def _loaded_by(self, source: Source) -> Iterator[str]:
        for found in source.imports:
            yield from self._loaded(found.name)

    def _loaded(self, name: str) -> Iterator[str]:
        """Yield the modules that importing `name` loads: itself and every package above it."""
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            if ".".join(parts[:length]) in self.modules:
                yield ".".join(parts[:length])


def is_within(name: str, place: str) -> bool:
    """Tell whether the dotted `name` is `place` or something inside it."""
    return name == place or name.startswith(place + ".")
