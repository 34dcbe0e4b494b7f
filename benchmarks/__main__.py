"""Run the benchmarks and write what they found to benchmarks/results.md."""

import platform
from pathlib import Path

from benchmarks import building, busy, gate, healthz, http, pipeline, tunnel
from benchmarks.table import Table

RESULTS = Path(__file__).parent / "results.md"


def main() -> None:
    """Run every benchmark, print its table and keep it."""
    tables: list[Table] = []
    for benchmark in (building, gate, pipeline, healthz, http, busy, tunnel):
        tables += benchmark.run()
        print(tables[-1].text(), flush=True)
    head = (
        "# Results of `make bench`\n\nOne run on Python "
        f"{platform.python_version()}; medians. Machines are noisy: read the ratios.\n"
    )
    RESULTS.write_text("\n".join([head, *(table.text() for table in tables)]))


if __name__ == "__main__":
    main()
