"""Memory: answers kept in this process, each for a time, the least recently used dropped first."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Memory:
    """Answers by their question. A value is never None: what is absent is asked for each time.

    Whoever is about to look something up notes the `generation` first and hands it to `keep`: an
    answer that was read before others were forgotten is then not kept after it.
    """

    def __init__(self, max_entries: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.generation = 0
        self._max_entries = max_entries
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, question: Hashable) -> Any | None:
        """Return the answer that is kept and not too old, or None."""
        with self._lock:
            good_until, answer = self._kept.get(question, (0.0, None))
            if answer is None or self._clock() >= good_until:
                self._kept.pop(question, None)
                return None
            self._kept.move_to_end(question)
            return answer

    def keep(
        self, question: Hashable, answer: Any, *, generation: int, lifetime_seconds: float
    ) -> None:
        """Keep an answer, unless anything was forgotten since `generation`."""
        with self._lock:
            if generation != self.generation or lifetime_seconds <= 0:
                return
            self._kept[question] = (self._clock() + lifetime_seconds, answer)
            self._kept.move_to_end(question)
            while len(self._kept) > self._max_entries:
                self._kept.popitem(last=False)

    def drop(self, question: Hashable) -> None:
        """Forget one answer."""
        with self._lock:
            self.generation += 1
            self._kept.pop(question, None)

    def forget(self) -> None:
        """Forget everything, also what is being looked up now."""
        with self._lock:
            self.generation += 1
            self._kept.clear()
