"""Whatever a session does, in whatever order, it commits exactly what its twin says it may."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import Phase

from baselayer.app.controls.users import accessible_by_owner
from baselayer.app.db import judging, ledger, owning
from baselayer.app.errors import AccessError
from tests.factories.gate import Comment, Note
from tests.factories.machine import run_machine
from tests.factories.places import Place


@pytest.fixture
def open_place(here: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """The small world, in which owners may give notes and comments away."""
    monkeypatch.setattr(Note, "transfer", accessible_by_owner, raising=False)
    monkeypatch.setattr(Comment, "transfer", Comment.delete, raising=False)
    yield here


def test_commits_what_the_twin_commits(open_place: Place, world: str) -> None:
    run_machine(open_place, world, examples=10, steps=25, derandomize=True)


@pytest.mark.faults
def test_commits_what_the_twin_commits_for_long(open_place: Place, world: str) -> None:
    run_machine(open_place, world, examples=1500, steps=50, print_blob=True)


def no_pre_images(patch: pytest.MonkeyPatch) -> None:
    """Judge nothing before a flush."""
    patch.setattr(judging, "require_all", lambda *_: None)


def no_post_images(patch: pytest.MonkeyPatch) -> None:
    """Judge nothing at the commit."""
    patch.setattr(judging, "require_existing", lambda *_: None)


def forget_on_rollback(patch: pytest.MonkeyPatch) -> None:
    """Forget what was changed before a savepoint when it is rolled back."""

    def forget(self: Any, savepoint: Any) -> None:
        self.updated.clear()
        self.created.clear()

    patch.setattr(ledger.Ledger, "roll_back_savepoint", forget)


def everything_is_new(patch: pytest.MonkeyPatch) -> None:
    """Take every row for one that this transaction has made."""
    patch.setattr(ledger.Ledger, "is_fresh", lambda *_: True)


def nothing_is_new(patch: pytest.MonkeyPatch) -> None:
    """Judge a row that this transaction has made as if it had been there before."""
    patch.setattr(ledger.Ledger, "is_fresh", lambda *_: False)


def forget_updates(patch: pytest.MonkeyPatch) -> None:
    """Do not note what is updated."""
    patch.setattr(ledger.Ledger, "note_updated", lambda *_: None)


def no_transfers(patch: pytest.MonkeyPatch) -> None:
    """Take giving away for any other update that needs no judging afterwards."""
    patch.setattr(judging, "gives_away", lambda _: False)


def no_standing(patch: pytest.MonkeyPatch) -> None:
    """Do not ask what a new row refers to before it is there."""
    patch.setattr(judging, "standings", lambda *_: [])


def no_filter(patch: pytest.MonkeyPatch) -> None:
    """Read everything."""
    patch.setattr(judging, "filtered", lambda statement, _: statement)


def gifts_with_changes(patch: pytest.MonkeyPatch) -> None:
    """Let a transfer carry other changes past the judgement of what the row becomes."""
    patch.setattr(judging, "only_gives_away", owning.gives_away)


MUTANTS = [
    no_pre_images,
    no_post_images,
    forget_on_rollback,
    everything_is_new,
    nothing_is_new,
    forget_updates,
    no_transfers,
    no_standing,
    no_filter,
    gifts_with_changes,
]
QUICK = [no_pre_images, no_post_images]


def catches(place: Place, mutate: Callable[[pytest.MonkeyPatch], None], examples: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        mutate(patch)
        with pytest.raises((AssertionError, pytest.fail.Exception, AccessError)):
            run_machine(
                place,
                "sync",
                examples=examples,
                steps=40,
                derandomize=True,
                phases=[Phase.generate],
                report_multiple_bugs=False,
            )


@pytest.mark.parametrize("mutate", QUICK, ids=lambda mutate: mutate.__name__)
def test_catches_a_planted_fault(
    open_place: Place, mutate: Callable[[pytest.MonkeyPatch], None]
) -> None:
    catches(open_place, mutate, examples=50)


@pytest.mark.faults
@pytest.mark.parametrize("mutate", MUTANTS, ids=lambda mutate: mutate.__name__)
def test_catches_each_planted_fault(
    open_place: Place, mutate: Callable[[pytest.MonkeyPatch], None]
) -> None:
    catches(open_place, mutate, examples=500)
