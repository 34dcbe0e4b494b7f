"""baselayer serve: the web process with its executor and converter."""

import asyncio
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from baselayer.app.app_server import all_routes, make_app
from baselayer.app.auth.setup import new_setup_token
from baselayer.app.errors import ConfigError
from baselayer.app.files.stores import LocalStore
from baselayer.app.handlers.services import Services
from baselayer.app.openapi.routes import Route
from baselayer.app.queries.execute import Runner
from baselayer.app.queries.executor.process import refuse_inspection
from baselayer.app.queries.executor.protocol import Egress
from baselayer.app.queries.executor.supervise import Executor, ExecutorSettings
from baselayer.cli.clockwork import local_address, say_how_scripts_run, scheduler_of
from baselayer.cli.house import House, open_house
from baselayer.log import make_log, start_logging
from baselayer.migrations.upgrade import History

log = make_log("serve")

LONGEST_SOCKET_PATH = 90  # a Unix socket's path has at most 107 bytes; a file name follows
MAX_HEADER_BYTES = 16 * 1024


def serve(
    config_files: list[str], *, routes: Sequence[Route] = (), histories: Sequence[History] = ()
) -> None:
    """Serve until Ctrl-C or SIGTERM.

    An application of one's own adds its `routes`, which may not take an address of ours, and its
    migrations, `histories`.
    """
    with open_house(config_files, histories=histories) as house:
        serve_house(house, _say_ready, routes)


def serve_house(
    house: House, say_ready: Callable[[str], None], routes: Sequence[Route] = ()
) -> None:
    """Serve until Ctrl-C or SIGTERM; `say_ready` is told the address once there is an answer."""
    start_logging(house.config.settings.log.level)
    refuse_inspection()
    asyncio.run(_serve(house, say_ready, routes))


def _say_ready(address: str) -> None:
    print(f"baselayer is ready at {address}", flush=True)


async def _serve(house: House, say_ready: Callable[[str], None], routes: Sequence[Route]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(house, routes) as address:
        _say_what_is_open(house)
        say_how_scripts_run(house.config.settings.cron)
        say_ready(address)
        await asyncio.to_thread(_say_setup_link, house, address)
        await stop.wait()
        log("stopping")


@asynccontextmanager
async def running(house: House, routes: Sequence[Route] = ()) -> AsyncIterator[str]:
    """Have a server running for the block; yield its address."""
    settings = house.config.settings.server
    sockets = _listen(settings.host, settings.port)
    port: int = sockets[0].getsockname()[1]
    async with AsyncExitStack() as stack:
        stack.push_async_callback(house.database.dispose)
        services = await _services(house, port, stack)
        server = HTTPServer(
            make_app(services, [*all_routes(), *routes]),
            idle_connection_timeout=settings.idle_connection_timeout_seconds,
            body_timeout=settings.body_timeout_seconds,
            max_header_size=MAX_HEADER_BYTES,
        )
        server.add_sockets(sockets)
        stack.push_async_callback(server.close_all_connections)
        stack.callback(server.stop)
        yield settings.address or f"http://{_bracketed(settings.host)}:{port}"


async def _services(house: House, port: int, stack: AsyncExitStack) -> Services:
    """Start what requests need; `stack` stops it again."""
    config, home = house.config, house.config.home
    sockets = stack.enter_context(_SocketDirectory(home))
    store = LocalStore(home / "results")
    roots = _file_roots(house)
    executors = [
        ExecutorSettings(
            sockets / f"{name}.sock",
            house.keys_path,
            store.directory,
            threads=config.settings.runs.concurrent_runs,
            log_level=config.settings.log.level,
            file_roots=roots,
        )
        for name in ("executor", "converter")
    ]
    executor, converter = [await stack.enter_async_context(Executor(e)) for e in executors]
    runner = Runner(
        house.database.async_engine,
        store,
        executor=executor.socket_path,
        converter=converter.socket_path,
        settings=config.settings.runs,
        egress=_egress(house, port),
    )
    runner.start()
    stack.push_async_callback(runner.stop)
    scheduler = scheduler_of(house, local_address(config.settings.server.host, port))
    stack.push_async_callback(scheduler.stop)
    await scheduler.start()
    services = Services(config, house.database, house.key_ring, runner)
    services.callers.watch.start(house.database.apart())
    stack.push_async_callback(services.callers.watch.stop)
    return services


def _egress(house: House, port: int) -> Egress:
    """Return what stored connections may reach: never ourselves, nor our own database."""
    settings = house.config.settings
    own = [(settings.server.host, port)]
    url = house.database.url
    if url.host and not url.host.startswith("/"):
        own += [(ip, url.port or 5432) for ip in _addresses(url.host)]
    return Egress(
        allow_loopback=settings.egress.allow_loopback,
        allow_private=settings.egress.allow_private,
        refused=[(ip, p) for host, p in own for ip in _addresses(host)],
    )


def _file_roots(house: House) -> tuple[Path, ...]:
    """Return where databases that are files may lie: never with our own data."""
    home = house.config.home.resolve()
    roots = tuple(Path(root).resolve() for root in house.config.settings.files.roots)
    for root in roots:
        if not root.is_dir():
            raise ConfigError(f"files.roots: {root} is not a directory.")
        if root == home or root in home.parents or home in root.parents:
            raise ConfigError(f"files.roots: {root} would open baselayer's own data in {home}.")
    return roots


def _addresses(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise ConfigError(f"The host {host!r} of the settings cannot be resolved.") from None
    return sorted({str(address[0]) for *_, address in found})


def _listen(host: str, port: int) -> list[socket.socket]:
    try:
        return bind_sockets(port, host)
    except OSError as error:
        raise ConfigError(
            f"Port {port} of {host} cannot be listened on ({error.strerror}): another program has "
            "it, or baselayer runs already. Set `server.port` (BASELAYER__SERVER__PORT)."
        ) from None


class _SocketDirectory:
    """A directory of mode 0700 for this process's Unix sockets, removed at the end."""

    def __init__(self, home: Path) -> None:
        parent = home / "run"
        parent.mkdir(mode=0o700, exist_ok=True)
        _sweep(parent)
        short = len(str(parent)) <= LONGEST_SOCKET_PATH - 16
        self.path = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=parent if short else None))

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove what processes that were killed have left behind."""
    for path in parent.iterdir():
        pid = path.name.partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(path, ignore_errors=True)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _say_setup_link(house: House, address: str) -> None:
    """Print how to make the first administrator, while nobody can log in as one."""
    minutes = house.config.settings.login.setup_link_minutes
    with house.database.plain() as session:
        token = new_setup_token(session, minutes=minutes)
    if token is not None:
        print(f"Set up: {address}/setup#{token}", flush=True)


def _say_what_is_open(house: House) -> None:
    egress = house.config.settings.egress
    kinds = {"loopback": egress.allow_loopback, "private": egress.allow_private, "public": True}
    reached = " and ".join(kind for kind, is_open in kinds.items() if is_open)
    log(f"connections may reach {reached} addresses (the egress settings)")
    if not house.config.settings.security.strict:
        log.warning("security.strict is OFF: what is not allowed is only warned of")
