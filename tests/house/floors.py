"""Who may import whom: the floors, the engines, the executor, and who knows which library."""

from collections.abc import Iterator

from tests.house.tree import Import, Source, Tree, is_within

APP = "baselayer.app"

FLOORS = [  # lowest first; a room imports rooms on lower floors only
    {"errors"},
    {"access", "config", "controls", "egress", "events", "schemas", "sealing"},
    {"db", "env", "openapi"},
    {"audit"},
    {"identity"},
    {"auth", "files", "tasks"},
    {"connections", "cron"},
    {"queries"},
    {"alerts"},
    {"custom_exceptions", "flow", "json_util", "model_util", "models", "psa"},
    {"handlers", "sockets"},
    {"app_server"},
]
FLOOR = {room: height for height, floor in enumerate(FLOORS) for room in floor}

# Places beside the rooms -> what of baselayer they may import besides themselves.
BESIDE: dict[str, tuple[str, ...]] = {
    "baselayer/log": (),
    "baselayer/client": (),
    "baselayer/migrations": (
        *("baselayer.log", f"{APP}.models", f"{APP}.errors", f"{APP}.identity.seed"),
    ),
}
# What only itself and the places named may import.
TOPMOST: dict[str, tuple[str, ...]] = {
    "baselayer.cli": (),
    "baselayer.client": ("baselayer.cli",),
    "baselayer.migrations": ("baselayer.cli", f"{APP}.app_server"),
}

WEB = (
    *(f"{APP}.handlers", f"{APP}.sockets", f"{APP}.app_server"),
    "baselayer.cli.serve",  # opens the port
)
WITHOUT_SQLALCHEMY = (
    *("errors", "config", "events", "schemas", "openapi", "access", "egress", "sealing"),
)

ENGINES = ("connections/drivers", "connections/tunnels", "files/stores")
ENGINES_MAY = ("errors", "egress")

EXECUTOR = "queries/executor"
EXECUTOR_MAY = (
    *("errors", "egress", "sealing", "files", "queries"),
    *("connections.drivers", "connections.tunnels", "connections.pools"),
)
EXECUTOR_NEVER = ("db", "identity", "audit", "models")


def strange_rooms(tree: Tree) -> Iterator[str]:
    """Every room is on the map of the floors."""
    for source in tree.under("baselayer/app"):
        room = _room(source)
        if room not in FLOOR and room != "__init__":
            yield f"{source.path}: the room {room} is on no floor"


def climbing_imports(tree: Tree) -> Iterator[str]:
    """A room imports lower floors only: never its own, never one above."""
    for source, found in _app_imports(tree):
        room, other = _room(source), _second(found.name)
        if room == other or room not in FLOOR:
            continue
        if FLOOR.get(other, len(FLOORS)) >= FLOOR[room]:
            yield f"{_at(source, found)} imports {found.name}, which is not below {room}"


def imports_of_the_topmost(tree: Tree) -> Iterator[str]:
    """Nothing below imports the command line, the client or the migrations; they import little."""
    for source in tree.under("baselayer"):
        for found in source.imports:
            for place, users in TOPMOST.items():
                may = any(is_within(source.module, user) for user in (place, *users))
                if is_within(found.name, place) and not may:
                    yield f"{_at(source, found)} imports {found.name}"
    for place, allowed in BESIDE.items():
        own = place.replace("/", ".")
        yield from _imports_besides(tree, place, (own, *allowed))


def tornado_outside_the_web(tree: Tree) -> Iterator[str]:
    """Only the web rooms, and the command that opens the port, know Tornado."""
    for source in tree.under("baselayer"):
        if not any(is_within(source.module, place) for place in WEB):
            yield from _imports_of(source, "tornado")


def sqlalchemy_where_it_is_foreign(tree: Tree) -> Iterator[str]:
    """The rooms that need no database know no SQLAlchemy."""
    for room in WITHOUT_SQLALCHEMY:
        for source in tree.under(f"baselayer/app/{room}"):
            yield from _imports_of(source, "sqlalchemy")


def engines_that_know_too_much(tree: Tree) -> Iterator[str]:
    """Engines import errors, egress and themselves: the rest arrives by argument."""
    for engine in ENGINES:
        own = f"{APP}.{engine.replace('/', '.')}"
        allowed = (own, "baselayer.log", *(f"{APP}.{room}" for room in ENGINES_MAY))
        yield from _imports_besides(tree, f"baselayer/app/{engine}", allowed)


def executor_that_knows_too_much(tree: Tree) -> Iterator[str]:
    """The executor's process knows no metadata database: no people, no audit, no mapped model."""
    own = f"{APP}.{EXECUTOR.replace('/', '.')}"
    allowed = (own, "baselayer.log", *(f"{APP}.{room}" for room in EXECUTOR_MAY))
    yield from _imports_besides(tree, f"baselayer/app/{EXECUTOR}", allowed)
    for module, importer in tree.reached_from(f"baselayer/app/{EXECUTOR}").items():
        if _second(module) in EXECUTOR_NEVER or module.endswith(".models"):
            yield f"{EXECUTOR} reaches {module} through {importer}"


def imports_in_hiding(tree: Tree) -> Iterator[str]:
    """Imports stand at the top and are absolute; only drivers and commands may import late."""
    for source in tree.under("baselayer"):
        may_defer = source.path.startswith(("baselayer/app/connections/drivers/", "baselayer/cli/"))
        for found in source.imports:
            if found.is_relative:
                yield f"{_at(source, found)} imports {found.name} by a relative path"
            if found.is_deferred and not may_defer:
                yield f"{_at(source, found)} imports {found.name} inside a function"


def _app_imports(tree: Tree) -> Iterator[tuple[Source, Import]]:
    for source in tree.under("baselayer/app"):
        for found in source.imports:
            if found.name.startswith(f"{APP}."):
                yield source, found


def _imports_besides(tree: Tree, place: str, allowed: tuple[str, ...]) -> Iterator[str]:
    for source in tree.under(place):
        for found in source.imports:
            ours = found.name.startswith("baselayer.") and found.name != "baselayer.__version__"
            if ours and not any(is_within(found.name, name) for name in allowed):
                yield f"{_at(source, found)} imports {found.name}"


def _imports_of(source: Source, library: str) -> Iterator[str]:
    for found in source.imports:
        if is_within(found.name, library):
            yield f"{_at(source, found)} imports {found.name}"


def _room(source: Source) -> str:
    return source.path.split("/")[2].removesuffix(".py")


def _second(name: str) -> str:
    """Return the room of a dotted name of the app, or nothing."""
    parts = name.split(".")
    return parts[2] if len(parts) > 2 and parts[:2] == ["baselayer", "app"] else ""


def _at(source: Source, found: Import) -> str:
    return f"{source.path}:{found.line}"
