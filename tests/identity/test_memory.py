"""Memory: bounded, timed, and not overtaken by what was forgotten."""

from dataclasses import dataclass

from baselayer.app.identity.memory import Memory


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def kept(memory: Memory, question: object, answer: object, seconds: float = 5) -> None:
    memory.keep(question, answer, generation=memory.generation, lifetime_seconds=seconds)


def test_answer_is_kept_for_its_time_and_no_longer() -> None:
    clock = Clock()
    memory = Memory(10, clock)
    kept(memory, "a", 1)
    clock.now += 4.9
    assert memory.get("a") == 1
    clock.now += 0.2
    assert memory.get("a") is None
    assert len(memory) == 0


def test_least_recently_used_goes_first() -> None:
    memory = Memory(2, Clock())
    kept(memory, "a", 1)
    kept(memory, "b", 2)
    assert memory.get("a") == 1
    kept(memory, "c", 3)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (1, None, 3)


def test_answer_read_before_forgetting_is_not_kept_after_it() -> None:
    memory = Memory(2, Clock())
    for forget in (memory.forget, lambda: memory.drop("another")):
        before = memory.generation
        forget()
        memory.keep("a", "old", generation=before, lifetime_seconds=5)
        assert memory.get("a") is None


def test_forgetting_forgets_all_and_dropping_one() -> None:
    memory = Memory(3, Clock())
    kept(memory, "a", 1)
    kept(memory, "b", 2)
    memory.drop("a")
    assert (memory.get("a"), memory.get("b")) == (None, 2)
    memory.forget()
    assert memory.get("b") is None


def test_no_lifetime_keeps_nothing() -> None:
    memory = Memory(3, Clock())
    kept(memory, "a", 1, seconds=0)
    assert len(memory) == 0
