"""Logging by component: `log = make_log("executor")`, then `log("started")`."""

import logging
import sys


class Log:
    """A component's log, callable for the common case, as upstream's `make_log` returned."""

    def __init__(self, component: str) -> None:
        self._logger = logging.getLogger(f"baselayer.{component}")

    def __call__(self, message: str) -> None:
        self._logger.info(message)

    def debug(self, message: str) -> None:
        self._logger.debug(message)

    def tells_debug(self) -> bool:
        """Tell whether a message for DEBUG would be written, before it is put together."""
        return self._logger.isEnabledFor(logging.DEBUG)

    def warning(self, message: str) -> None:
        self._logger.warning(message)

    def error(self, message: str) -> None:
        self._logger.error(message)

    def exception(self, message: str) -> None:
        """Log `message` with the traceback of the exception being handled."""
        self._logger.exception(message)


def make_log(component: str) -> Log:
    """Return the log of `component`; nothing is written until a process calls `start_logging`."""
    return Log(component)


def start_logging(level: str = "INFO") -> None:
    """Write baselayer's log lines to standard error; call once per process, at its start."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname).1s %(name)s: %(message)s"))
    root = logging.getLogger("baselayer")
    root.handlers[:] = [handler]
    root.setLevel(level)
    root.propagate = False
