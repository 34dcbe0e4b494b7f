"""What is declared and works, but is to be mended."""

from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.controls.constant import public, restricted
from baselayer.app.controls.linting import lint_policies
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible as IfRelated
from baselayer.app.controls.users import AccessibleIfUserMatches, accessible_by_owner
from baselayer.app.db.base import GatedMeta, Record
from baselayer.app.models import Base
from tests.factories.big import Big
from tests.factories.gate import Document, Folder, Note, Photo, World


class Loose(Record, orm.DeclarativeBase, metaclass=GatedMeta):
    """A base whose classes have every fault."""

    __abstract__ = True


class LooseUser(Loose):
    """A user."""

    __tablename__ = "loose_users"
    is_user_class: ClassVar[bool] = True
    create = read = update = delete = public


class LooseLink(Loose):
    """A link that is indexed from one end, and refers to one end only by custom."""

    __tablename__ = "loose_links"
    create = read = update = delete = public
    __table_args__ = (sa.Index("loose_links_ix", "page_id", "user_id"),)
    page_id: Mapped[int] = mapped_column()
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("loose_users.id"))


class LoosePage(Loose):
    """A record that says nothing of update and delete."""

    __tablename__ = "loose_pages"
    create = accessible_by_owner
    read = AccessibleIfUserMatches("users")
    kind: Mapped[str]
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("loose_users.id"))
    owner: Mapped[LooseUser] = relationship()
    users: Mapped[list[LooseUser]] = relationship(
        secondary="loose_links",
        primaryjoin="LoosePage.id == LooseLink.page_id",
        secondaryjoin="LooseLink.user_id == LooseUser.id",
        foreign_keys="[LooseLink.page_id, LooseLink.user_id]",
        viewonly=True,
    )


def told(of: Any) -> set[tuple[str, str]]:
    return {(finding.where, finding.kind) for finding in lint_policies(of)}


def test_the_products_own_models_are_sound() -> None:
    assert lint_policies(Base.registry) == []
    assert lint_policies(Big.registry) != []  # its people declare no update


def test_every_fault_is_found() -> None:
    assert told(Loose.registry) == {
        ("LoosePage", "undeclared"),
        ("LoosePage.create", "index"),
        ("LoosePage.read", "index"),
        ("LoosePage.read", "foreign_key"),
    }
    texts = "\n".join(map(str, lint_policies(Loose.registry)))
    assert "loose_pages has no index that begins with (owner_id)" in texts
    assert "loose_links has no index that begins with (user_id, page_id)" in texts
    assert "(page_id, user_id)" not in texts
    assert "loose_links.page_id has no foreign key to loose_pages.id" in texts
    assert "LoosePage: update is not declared" in texts


@pytest.mark.parametrize("control", [public, accessible_by_owner | Document.read])
def test_subclass_that_widens_is_found(control: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Document, "read", accessible_by_owner)
    monkeypatch.setattr(Photo, "read", control)
    assert ("Photo.read", "widening") in told(World.registry)


def test_subclass_that_narrows_is_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    for control in (restricted, Document.read & accessible_by_owner):
        monkeypatch.setattr(Photo, "read", control)
        assert ("Photo.read", "widening") not in told(World.registry)


def test_cycle_and_mistake_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Folder, "print", IfRelated(parent="print"), raising=False)
    monkeypatch.setattr(Note, "print", AccessibleIfUserMatches("teams"), raising=False)
    assert {("Folder.print", "broken"), ("Note.print", "broken")} <= told(World.registry)


def test_index_of_a_part_of_the_rows_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ("Note.create", "index") in told(World.registry)  # owner_id has none
