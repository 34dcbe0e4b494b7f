"""VerifiedSession: reads only what its accessor may read, commits only what it may write.

One class serves both worlds: an AsyncSession drives it through `sync_session_class`, so there is
no async twin to keep in step. Vocabulary: the *pre-image* of a row is what it was before this
transaction's statement, the *post-image* what it will be when committed. Every flush judges the
pre-images of what it updates and deletes; the commit judges the post-images of all that was
written, whatever happened in between.
"""

import warnings
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession

from baselayer.app.controls.accessor import Accessor, require_accessor
from baselayer.app.db.bypassing import (
    Sink,
    Trust,
    close_block,
    doubtful_copies,
    open_block,
)
from baselayer.app.db.judging import watch
from baselayer.app.db.ledger import Ledger
from baselayer.app.db.reading import GateCriteria, read_options
from baselayer.app.db.scoped import DBSession, async_plain_session_factory
from baselayer.app.db.verify import Asked, questions, require_all
from baselayer.app.errors import AccessError, UnverifiableError
from baselayer.log import make_log

log = make_log("db")

MAY_SELECT = orm.PassiveFlag.SQL_OK | orm.PassiveFlag.RELATED_OBJECT_OK


class VerifiedSession(orm.Session):
    """A session of one accessor. It is a net under handlers' mistakes, not a jail for hostile code.

    A refusal rolls back the innermost transaction; the session can be used again. `strict=False`
    warns instead of refusing; it exists to move an application over from upstream. `on_bypass` puts
    on record what is read without restriction.
    """

    def __init__(
        self,
        accessor: Accessor,
        bind: Any = None,
        *,
        strict: bool = True,
        on_bypass: Sink | None = None,
        **options: Any,
    ) -> None:
        super().__init__(DBSession.session_factory.kw["bind"] if bind is None else bind, **options)
        self.accessor = require_accessor(accessor)
        self.strict = strict
        self.on_bypass = on_bypass
        self.ledger = Ledger()
        self.trust = Trust()
        self._read_options: tuple[GateCriteria, ...] | None = None

    def read_options(self) -> tuple[GateCriteria, ...]:
        """Return the loader criteria of this accessor, made once a session."""
        if self._read_options is None:
            self._read_options = read_options(self.accessor)
        return self._read_options

    def judge(self, require: Callable[..., None], asked: Collection[Asked]) -> None:
        """Ask `asked` on this session's own connection; refuse, or warn when not strict."""
        if not asked:
            return
        try:
            require(self.own_connection(), self.accessor, asked)
        except AccessError as refusal:
            self.refuse(refusal)

    @contextmanager
    def unrestricted(self, reason: str) -> Iterator[None]:
        """Read without the filter, for `reason`: the audit keeps it, with who.

        What is written is judged as ever. Outside the block, rows that were read in it are as good
        as unseen: the session hands them out after a filtered SELECT only.
        """
        open_block(self, reason)
        try:
            yield
        finally:
            close_block(self)

    def own_connection(self) -> sa.Connection:
        """Return the connection of this transaction: for the gate itself."""
        return super().connection()

    def refuse_unverifiable(self, what: str) -> None:
        """Refuse `what`, which names no records that could be judged; warn when not strict."""
        self.refuse(
            UnverifiableError(
                f"A verified session refuses {what}: which rows it touches cannot be checked. "
                "Select or change mapped records, or open a plain session where nobody's rights "
                "are meant."
            )
        )

    def refuse(self, refusal: AccessError) -> None:
        """Raise `refusal`; warn when not strict."""
        if self.strict:
            raise refusal
        warnings.warn(f"NOT REFUSED (security.strict is off): {refusal}", stacklevel=3)
        log.error(f"security.strict is off, so this was not refused: {refusal}")

    def flush(self, objects: Any = None) -> None:
        """Flush as usual; a refusal rolls back what the flush would have been part of."""
        try:
            super().flush(objects)
        except AccessError:
            innermost = self.get_nested_transaction() or self.get_transaction()
            if innermost is not None and innermost.is_active:
                innermost.rollback()
            raise

    def begin_nested(self) -> orm.SessionTransaction:
        """Begin a savepoint, after flushing what was changed before it."""
        self.flush()
        return super().begin_nested()

    def commit(self) -> None:
        """Commit what may be committed; a refusal rolls everything back."""
        try:
            super().commit()
        except AccessError:
            self.rollback()
            raise

    def connection(self, *args: Any, **kwargs: Any) -> sa.Connection:
        """Refuse: what runs on a bare connection cannot be verified."""
        self.refuse_unverifiable("a bare connection")
        return super().connection(*args, **kwargs)

    def bulk_save_objects(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: it writes without a flush."""
        self.refuse_unverifiable("bulk_save_objects")
        super().bulk_save_objects(*args, **kwargs)

    def bulk_insert_mappings(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: it writes without a flush."""
        self.refuse_unverifiable("bulk_insert_mappings")
        super().bulk_insert_mappings(*args, **kwargs)

    def bulk_update_mappings(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: it writes without a flush."""
        self.refuse_unverifiable("bulk_update_mappings")
        super().bulk_update_mappings(*args, **kwargs)

    def merge(self, instance: Any, *, load: bool = True, **kwargs: Any) -> Any:
        """Merge as usual; without loading, refuse: nobody would have looked at the row."""
        if not load:
            self.refuse_unverifiable("merge(load=False)")
        self.judge(require_all, questions("read", doubtful_copies(self, instance)))
        return super().merge(instance, load=load, **kwargs)

    def _identity_lookup(self, *args: Any, **kwargs: Any) -> Any:
        """Find a record that is there already; an untrusted one only by way of a SELECT.

        SQLAlchemy's own place for such rules; `get` and loads along a foreign key pass here.
        """
        mapper, key = args  # the rest comes by name
        passive = kwargs.get("passive", orm.PassiveFlag.PASSIVE_OFF)
        may_select = (
            passive & orm.PassiveFlag.SQL_OK and passive & orm.PassiveFlag.RELATED_OBJECT_OK
        )
        if may_select and self.trust.doubts(mapper.identity_key_from_primary_key(key)):
            return None
        return super()._identity_lookup(*args, **kwargs)


class AsyncVerifiedSession(AsyncSession):
    """An AsyncSession that a VerifiedSession of `accessor` is driven through."""

    sync_session_class = VerifiedSession

    def __init__(self, accessor: Accessor, bind: Any = None, **options: Any) -> None:
        engine = async_plain_session_factory.kw["bind"] if bind is None else bind
        super().__init__(engine, accessor=accessor, **{"expire_on_commit": False} | options)

    @asynccontextmanager
    async def unrestricted(self, reason: str) -> AsyncIterator[None]:
        """Read without the filter, for `reason`, as the session for blocking code does."""
        await self.run_sync(open_block, reason)  # type: ignore[arg-type] # it is a VerifiedSession
        try:
            yield
        finally:
            await self.run_sync(close_block)  # type: ignore[arg-type] # it is one


watch(VerifiedSession)
