"""Table: what a benchmark found, as Markdown; and the clock it was found with."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass
class Table:
    """A title, a sentence on the conditions, a head and rows."""

    title: str
    conditions: str
    head: list[str]
    rows: list[list[str]] = field(default_factory=list)

    def text(self) -> str:
        """Return it as Markdown."""
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"## {self.title}\n\n{self.conditions}\n\n{table}\n"


def medians_ms(variants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return each variant's median time; every round runs all of them, so that noise is shared."""
    times: dict[str, list[float]] = {name: [] for name in variants}
    for variant in variants.values():
        variant()
    for _ in range(rounds):
        for name, variant in variants.items():
            begun = time.perf_counter()
            variant()
            times[name].append((time.perf_counter() - begun) * 1000)
    return {name: statistics.median(found) for name, found in times.items()}
