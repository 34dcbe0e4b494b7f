"""How a file looks: its size, its name, its first sentence, its test's place."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from tests.house.exceptions import LONG_FILES, LONG_FUNCTIONS, OPEN_PACKAGES, UNMIRRORED_TESTS
from tests.house.tree import Source, Tree

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_SHIM_LINES = 15

NAMELESS = frozenset(
    {"common", "core", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
)
# Modules that only carry a name of upstream's.
SHIMS = ("custom_exceptions", "flow", "json_util", "model_util", "psa")
FACADE = "baselayer/app/models.py"


def long_files(tree: Tree) -> Iterator[str]:
    """No file is longer than 400 lines, save those that exceptions.py names."""
    lengths = {source.path: len(source.text.splitlines()) for source in tree.sources}
    long = {path for path, length in lengths.items() if length > MAX_FILE_LINES}
    yield from (f"{path}: {lengths[path]} lines" for path in sorted(long - LONG_FILES.keys()))
    yield from _stale(LONG_FILES, long, lengths)


def long_functions(tree: Tree) -> Iterator[str]:
    """No function is longer than 60 lines, save those that exceptions.py names."""
    lengths = {f"{s.path}:{f.name}": _lines(f) for s in tree.sources for f in _functions(s)}
    long = {name for name, length in lengths.items() if length > MAX_FUNCTION_LINES}
    yield from (f"{name}: {lengths[name]} lines" for name in sorted(long - LONG_FUNCTIONS.keys()))
    yield from _stale(LONG_FUNCTIONS, long, lengths)


def long_shims(tree: Tree) -> Iterator[str]:
    """A module that only carries upstream's name has at most 15 lines."""
    for name in SHIMS:
        for source in tree.under(f"baselayer/app/{name}"):
            length = len(source.text.splitlines())
            if length > MAX_SHIM_LINES:
                yield f"{source.path}: {length} lines"


def facade_that_does_something(tree: Tree) -> Iterator[str]:
    """The facade models.py re-exports and does nothing else."""
    if FACADE in {source.path for source in tree.sources}:
        source = tree.modules["baselayer.app.models"]
        for node in source.syntax.body[1:]:
            if not isinstance(node, ast.Import | ast.ImportFrom) and not _names_exports(node):
                yield f"{FACADE}:{node.lineno}: neither an import nor __all__"


def nameless_places(tree: Tree) -> Iterator[str]:
    """No folder or file is called utils, helpers, common, core, manager or the like."""
    for source in tree.sources:
        parts = source.path.removesuffix(".py").removesuffix("/__init__").split("/")
        if NAMELESS.intersection(parts):
            yield f"{source.path}: name the thing that it holds"


def missing_door_plates(tree: Tree) -> Iterator[str]:
    """Every folder says on its __init__.py what it is, every file in its first line."""
    for source in tree.under("baselayer"):
        if not ast.get_docstring(source.syntax):
            yield f"{source.path}: no docstring"
        plate = str(PurePosixPath(source.path).parent / "__init__.py")
        if plate not in {other.path for other in tree.sources}:
            yield f"{source.path}: its folder has no __init__.py"


def busy_packages(tree: Tree) -> Iterator[str]:
    """An __init__.py of the app is a docstring: importing a part must not load the whole room."""
    for source in tree.under("baselayer/app"):
        is_package = source.path.endswith("/__init__.py")
        if is_package and len(source.syntax.body) > 1 and source.path not in OPEN_PACKAGES:
            yield f"{source.path}: holds more than its docstring"


def tests_without_a_source(tree: Tree) -> Iterator[str]:
    """tests/<room>/test_<file>.py tests baselayer/[app/]<room>/<file>, one for one."""
    places = {source.path.removesuffix(".py") for source in tree.sources}
    places |= {place.removesuffix("/__init__") for place in places}
    tests = {s.path for s in tree.under("tests") if s.path.split("/")[-1].startswith("test_")}
    for path in sorted(tests - UNMIRRORED_TESTS.keys()):
        folder, _, name = path.removeprefix("tests/").rpartition("/")
        mirrored = f"{folder}/{name.removeprefix('test_').removesuffix('.py')}".lstrip("/")
        if not places & {f"baselayer/app/{mirrored}", f"baselayer/{mirrored}"}:
            yield f"{path}: there is no {mirrored} to test"


def _stale(let_off: Mapping[str, str], needed: set[str], present: dict[str, int]) -> Iterator[str]:
    for name in let_off:
        if name in present and name not in needed:
            yield f"{name}: short enough now; take it off the list of exceptions"


def _functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.syntax):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _names_exports(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
