"""The command line and the settings of this process, read on the first call, never on import."""

import argparse
from functools import cache
from typing import Any

from baselayer.app.config import Config, load_config


class _Parser(argparse.ArgumentParser):
    """A parser that says so when an argument comes too late to be parsed."""

    def add_argument(self, *args: Any, **kwargs: Any) -> argparse.Action:  # Any: argparse's own
        if load_env.cache_info().currsize:
            raise RuntimeError("The command line was read already: add arguments before load_env.")
        return super().add_argument(*args, **kwargs)


@cache
def load_env() -> tuple[argparse.Namespace, Config]:
    """Return the parsed command line and the settings, the same ones at every call.

    Arguments that `parser` does not know are left to others.
    """
    env, _ = parser.parse_known_args()
    return env, load_config(env.config or [])


parser = _Parser(description="Start a baselayer application", allow_abbrev=False)
parser.add_argument(
    "-C", "--config", action="append", metavar="FILE", help="settings; may be given several times"
)
parser.add_argument("--debug", action="store_true", help="what it does is up to the application")
