"""Another process that uses a cluster until a line, the end of its input, or SIGTERM."""

import signal
import sys
from pathlib import Path
from types import FrameType

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.embedded.launcher import using


def leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def main() -> None:
    signal.signal(signal.SIGTERM, leave)
    with using(Cluster(Path(sys.argv[1]), fsync=False)) as cluster, cluster.connect() as connection:
        row = connection.execute("SELECT pg_postmaster_start_time()::text").fetchone()
        sys.stdout.write(f"ready {row[0] if row else None}\n")
        sys.stdout.flush()
        sys.stdin.readline()


if __name__ == "__main__":
    main()
