"""Twin: what a verified session must do, said again in plain Python over dictionaries.

It knows the rules of notes, comments and shares from the text of their classes, and nothing of SQL:
before each flush the rows as they are, at the commit the rows as they have become.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
Key = tuple[str, int]
Rows = dict[Key, Row]

# Who is in which team, as the small world has it.
MEMBERS = {1: {1, 2}, 2: {1, 2}, 3: {3}}
OWNERS = {"note": "owner_id", "comment": "author_id", "share": None}
CHILDREN = ("comment", "share")


class RefusedError(Exception):
    """What the session must refuse."""


@dataclass
class New:
    """A record that was added and not flushed; `parent` is another such one."""

    kind: str
    values: Row
    record: Any
    parent: "New | None" = None


@dataclass
class Savepoint:
    """What a rollback brings back."""

    rows: Rows
    fresh: set[Key]


@dataclass
class Twin:
    """One session of `who` and the database under it."""

    who: int
    committed: Rows
    rows: Rows = field(init=False)
    new: list[New] = field(default_factory=list)
    changes: Rows = field(default_factory=dict)
    removed: set[Key] = field(default_factory=set)
    fresh: set[Key] = field(default_factory=set)
    touched: set[Key] = field(default_factory=set)
    savepoints: list[Savepoint] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = deepcopy(self.committed)

    # --- The rules ------------------------------------------------------------------------------

    def reads(self, note: int, rows: Rows) -> bool:
        row = rows["note", note]
        shared = any(self.who in MEMBERS[s["team_id"]] for s in self.shares(note, rows))
        return bool(row["owner_id"] == self.who or row["is_public"] or shared)

    def edits(self, note: int, rows: Rows) -> bool:
        shared = any(
            s["can_edit"] and self.who in MEMBERS[s["team_id"]] for s in self.shares(note, rows)
        )
        return bool(rows["note", note]["owner_id"] == self.who or shared)

    @staticmethod
    def shares(note: int, rows: Rows) -> list[Row]:
        return [r for (kind, _), r in rows.items() if kind == "share" and r["note_id"] == note]

    def may(self, mode: str, kind: str, row: Row, ident: int, rows: Rows) -> bool:
        if kind == "note":
            own = bool(row["owner_id"] == self.who)
            return self.edits(ident, rows) if mode == "update" else own
        if kind == "comment":
            own = bool(row["author_id"] == self.who)
            return own and (mode != "create" or self.reads(row["note_id"], rows))
        return self.edits(row["note_id"], rows) and self.who in MEMBERS[row["team_id"]]

    def stands(self, kind: str, row: Row, rows: Rows, leads_to_new: bool) -> bool:
        """Tell whether what a new or moved row refers to allows it before it is written."""
        if kind == "note":
            return True
        allowed = self.reads if kind == "comment" else self.edits
        by_note = leads_to_new or allowed(row["note_id"], rows)
        return by_note and (kind == "comment" or self.who in MEMBERS[row["team_id"]])

    # --- What a session does --------------------------------------------------------------------

    def readable(self) -> set[int]:
        return {i for kind, i in self.rows if kind == "note" and self.reads(i, self.rows)}

    def change(self, key: Key, **values: Any) -> None:
        net = self.changes.get(key, {}) | values
        self.changes[key] = {n: v for n, v in net.items() if v != self.rows[key][n]}
        if not self.changes[key]:
            del self.changes[key]

    def judge_flush(self) -> None:
        """Raise RefusedError unless all that is pending may be done to the rows as they are."""
        for key, change in self.changes.items():
            if key not in self.fresh and key not in self.removed:
                self._judge_change(key, change)
        for key in self.removed - self.fresh:
            self._require("delete", key, self.rows)
        for added in self.new:
            leads_to_new = added.parent is not None or self._is_fresh_note(added.values)
            if not self.stands(added.kind, added.values, self.rows, leads_to_new):
                raise RefusedError(f"create {added.kind}")

    def _judge_change(self, key: Key, change: Row) -> None:
        kind, row = key[0], self.rows[key] | change
        self._require("update", key, self.rows)
        owner = OWNERS[kind]
        if owner in change and self.rows[key][owner] != self.who:
            raise RefusedError(f"transfer {key}")
        moves = kind == "share" and {"note_id", "team_id"} & change.keys()
        if moves and not self.stands(kind, row, self.rows, self._is_fresh_note(row)):
            raise RefusedError(f"move {key}")

    def _is_fresh_note(self, row: Row) -> bool:
        return ("note", row.get("note_id")) in self.fresh

    def _require(self, mode: str, key: Key, rows: Rows) -> None:
        if not self.may(mode, key[0], rows[key], key[1], rows):
            raise RefusedError(f"{mode} {key}")

    def flushed(self) -> None:
        """Take over what a flush has written; the records know their keys by now."""
        for key, change in self.changes.items():
            if key in self.removed:
                continue
            self.rows[key] = self.rows[key] | change
            gives_only = change.keys() == {OWNERS[key[0]]} and key not in self.fresh
            (self.touched.discard if gives_only else self.touched.add)(key)
        for key in self.removed:
            self._remove(key)
        for added in self.new:
            key = added.kind, int(added.record.id)
            parent = {"note_id": int(added.parent.record.id)} if added.parent else {}
            self.rows[key] = added.values | parent
            self.fresh.add(key)
        self.forget_pending()

    def _remove(self, key: Key) -> None:
        del self.rows[key]
        for other in list(self.rows):
            is_child = other[0] in CHILDREN and ("note", self.rows[other]["note_id"]) == key
            if is_child:
                del self.rows[other]

    def forget_pending(self) -> None:
        self.new, self.changes, self.removed = [], {}, set()

    def judge_commit(self) -> None:
        """Raise RefusedError unless every row that was written may be what it has become."""
        for key in self.fresh & self.rows.keys():
            self._require("create", key, self.rows)
        for key in (self.touched - self.fresh) & self.rows.keys():
            self._require("update", key, self.rows)

    def begin_savepoint(self) -> None:
        self.savepoints.append(Savepoint(deepcopy(self.rows), set(self.fresh)))

    def roll_back_innermost(self) -> None:
        """Roll back the innermost savepoint, or the transaction when there is none."""
        if not self.savepoints:
            self.roll_back()
            return
        before = self.savepoints.pop()
        self.rows, self.fresh = before.rows, before.fresh
        self.forget_pending()

    def roll_back(self) -> None:
        self.rows = deepcopy(self.committed)
        self._end()

    def commit(self) -> None:
        self.committed = deepcopy(self.rows)
        self._end()

    def _end(self) -> None:
        self.forget_pending()
        self.fresh, self.touched, self.savepoints = set(), set(), []
