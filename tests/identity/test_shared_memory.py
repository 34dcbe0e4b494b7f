"""SharedMemory: what processes share in a Redis, and how they do without."""

import importlib.util
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from baselayer.app.config.lookups import LookupSettings
from baselayer.app.identity.facts import AccountFacts, ProfileFacts
from baselayer.app.identity.remembering import Loaded, Question, Remembered
from baselayer.app.identity.shared_memory import SharedMemory
from baselayer.cli.redis_client import open_redis

URL = "redis://127.0.0.1:6379/15"
QUESTION = Question("account", "3141-5926-5359")
FACTS = AccountFacts(1, "3141-5926-5359", "Away Ltd", is_default=False, is_active=True)
NEW = AccountFacts(1, "3141-5926-5359", "New Ltd", is_default=False, is_active=True)


def _why_not() -> str | None:
    if importlib.util.find_spec("redis") is None:
        return "needs the package redis"
    memory = SharedMemory(open_redis(URL), "baselayer:probe")
    return None if memory.generation() else "needs a Redis on 127.0.0.1:6379"


@pytest.fixture
def prefix() -> Iterator[str]:
    """A part of a real Redis that is the test's own."""
    reason = _why_not()
    if reason is not None:
        pytest.skip(reason)
    found = f"baselayer:test:{uuid.uuid4().hex}"
    yield found
    client = open_redis(URL).client
    for key in client.scan_iter(f"{found}:*"):
        client.delete(key)
    client.close()


def process(prefix: str, seconds: float = 60) -> Remembered:
    """Return what one process of several remembers."""
    return Remembered(LookupSettings(lifetime_seconds=seconds), prefix, open_redis(URL))


def ask(remembered: Remembered, *answers: Any) -> Any:
    """Ask; `answers` are what the database says, and without any it must not be asked."""
    left = list(answers)
    return remembered.answer(QUESTION, AccountFacts, lambda: Loaded(left.pop(), True))


def test_what_one_process_looked_up_another_need_not(prefix: str) -> None:
    assert ask(process(prefix), FACTS) == FACTS
    assert ask(process(prefix)) == FACTS


def test_what_one_process_forgets_all_do(prefix: str) -> None:
    one, other = process(prefix), process(prefix)
    ask(one, FACTS)
    one.forget()
    assert ask(other, NEW) == NEW
    assert ask(one) == NEW


def test_what_was_read_before_forgetting_is_not_shared_after_it(prefix: str) -> None:
    slow = process(prefix)

    def load() -> Loaded[AccountFacts]:
        process(prefix).forget()  # a writer commits meanwhile
        return Loaded(FACTS, True)

    assert slow.answer(QUESTION, AccountFacts, load) == FACTS
    assert ask(process(prefix), NEW) == NEW


def test_shared_answer_does_not_begin_a_new_life_in_each_process(prefix: str) -> None:
    ask(process(prefix, 0.3), FACTS)
    late = process(prefix, 0.3)
    assert ask(late) == FACTS
    time.sleep(0.35)  # longer than the answer lives, however it was handed on
    assert ask(late, NEW) == NEW


def test_forgetting_soon_is_done_before_the_next_answer(prefix: str) -> None:
    one, other = process(prefix), process(prefix)
    ask(one, FACTS)
    other.forget_soon()
    assert ask(other, NEW) == NEW


def test_forgetting_one_leaves_the_others(prefix: str) -> None:
    remembered, another = process(prefix), Question("profile", "1 in 1")
    place = ProfileFacts(1, 1, 1)
    remembered.answer(another, ProfileFacts, lambda: Loaded(place, True))
    ask(remembered, FACTS)
    remembered.forget_one(QUESTION)
    assert ask(remembered, NEW) == NEW
    assert process(prefix).answer(another, ProfileFacts, lambda: Loaded(None, True)) == place


def test_absent_and_uncommitted_are_not_shared(prefix: str) -> None:
    remembered = process(prefix)
    assert ask(remembered, None) is None
    assert remembered.answer(QUESTION, AccountFacts, lambda: Loaded(NEW, False)) == NEW
    assert ask(process(prefix), FACTS) == FACTS


def test_answer_of_another_version_is_passed_over(prefix: str) -> None:
    memory = SharedMemory(open_redis(URL), prefix)
    generation = memory.generation()
    assert generation is not None
    memory.keep(generation, str(QUESTION), b'{"id": 1}', lifetime_seconds=60)
    assert ask(process(prefix), FACTS) == FACTS


def test_lost_generation_does_not_bring_old_answers_back(prefix: str) -> None:
    ask(process(prefix), FACTS)
    client = open_redis(URL).client
    client.delete(f"{prefix}:generation")
    client.close()
    assert ask(process(prefix), NEW) == NEW


def test_no_redis_is_as_good_as_an_empty_one() -> None:
    if importlib.util.find_spec("redis") is None:
        pytest.skip("needs the package redis")
    redis = open_redis("redis://127.0.0.1:1/0")
    remembered = Remembered(LookupSettings(), "baselayer:nobody", redis)
    assert ask(remembered, FACTS) == FACTS
    remembered.forget()
    assert ask(remembered, NEW) == NEW
