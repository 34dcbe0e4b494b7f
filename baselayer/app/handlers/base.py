"""BaseHandler: identify the caller, read the request, answer in the envelope, audit refusals."""

import asyncio
import threading
from asyncio import Future
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import msgspec
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from tornado.web import RequestHandler, stream_request_body

from baselayer.app.access import SAFE_METHODS
from baselayer.app.audit.models import AuditEvent
from baselayer.app.audit.record import Event, record
from baselayer.app.auth.changes import has_changed_rights
from baselayer.app.auth.origins import own_origins, refuse_foreign, require_xsrf_token
from baselayer.app.auth.sessions import BrowserSession
from baselayer.app.db.columns import Refine, accessible_rows
from baselayer.app.errors import BaselayerError, BodyTooLargeError, TokenLimitedError
from baselayer.app.handlers.failures import clash, error_of
from baselayer.app.handlers.reading import (
    Model,
    decoded,
    refuse_parameters,
    refuse_secrets_in_address,
    validated,
)
from baselayer.app.handlers.services import Services
from baselayer.app.identity.principals import Principal
from baselayer.app.openapi.routes import METHODS, Operation

DEFAULT_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)
YEAR_SECONDS = 31_536_000
NEVER_STORED = 1 << 62  # a body over the limit is read to its end and thrown away


@stream_request_body
class BaseHandler(RequestHandler):
    """What every handler of the API shares.

    The body is collected here and not by the server, because the server cuts off a connection
    whose body is too large, and the caller would never read why.
    """

    current_user: Principal | None

    def initialize(self, services: Services) -> None:
        """Keep the server's parts and start with an empty request."""
        self.services = services
        self.identity_error: BaselayerError | None = None
        self._loop, self._loop_thread = asyncio.get_running_loop(), threading.get_ident()
        self._chunks: list[bytes] = []
        self._received_bytes = 0
        self.current_user = None
        self.browser_session: BrowserSession | None = None

    def set_default_headers(self) -> None:
        """Send what keeps an answer from being guessed at, framed, or kept."""
        self.clear_header("Server")
        for name, value in DEFAULT_HEADERS:
            self._headers[name] = value  # as `set_header` does once it has looked at the value

    def compute_etag(self) -> None:
        """Send none: an answer that nobody may keep needs no name."""

    async def prepare(self) -> None:
        """Find out who is calling; the method's decorator decides whether that matters."""
        self.request.connection.set_max_body_size(NEVER_STORED)  # type: ignore[union-attr] # HTTP/1 has it
        if self.services.is_tls:
            self.set_header("Strict-Transport-Security", f"max-age={YEAR_SECONDS}")
        try:
            await self.identify()
        except BaselayerError as error:
            self.identity_error = error

    async def identify(self) -> None:
        """Find out who is calling: by token, which alone counts when there is one, or by cookie."""
        callers, headers = self.services.callers, self.request.headers
        authorization = headers.get("Authorization")
        if authorization is not None:
            self.current_user = await callers.by_token(authorization, self.request.remote_ip)
            return
        value = self.cookie_value()
        if value is None:
            return
        found = await callers.by_cookie(value)
        self.browser_session, self.current_user = found, found.principal
        if self.request.method not in SAFE_METHODS:
            self.refuse_foreign()
            require_xsrf_token(headers.get("X-XSRFToken"), found.xsrf_token)

    def cookie_value(self) -> str | None:
        """Return what the browser's session cookie holds."""
        return self.get_cookie(self.services.cookie_name)

    def refuse_foreign(self) -> None:
        """Refuse what a browser sends from a page that is not ours."""
        request = self.request
        own = own_origins(
            request.protocol, request.host, self.services.config.settings.server.address
        )
        origins = ", ".join(request.headers.get_list("Origin")) or None
        if origins is None and "Origin" in request.headers:
            origins = "null"  # an empty one is no page of ours either
        refuse_foreign(origins, request.headers.get("Sec-Fetch-Site"), own)

    def data_received(self, chunk: bytes) -> None:
        """Collect the body, as far as it is allowed to go."""
        self._received_bytes += len(chunk)
        if self._received_bytes <= self.services.config.settings.server.max_body_bytes:
            self._chunks.append(chunk)
        else:
            self._chunks.clear()

    @property
    def caller(self) -> Principal:
        """Return who is calling, in a method that has asked for it."""
        assert self.current_user is not None  # noqa: S101 (the decorator has made sure)
        return self.current_user

    def read_body(self, model: type[Model]) -> Model:
        """Return the body as `model`; every field that is wrong is named at once."""
        limit = self.services.config.settings.server.max_body_bytes
        if self._received_bytes > limit:
            raise BodyTooLargeError(
                f"The body has {self._received_bytes:,} bytes, and {limit:,} are allowed: send "
                "less, or have `server.max_body_bytes` raised. Nothing was stored.",
                limit_bytes=limit,
            )
        return validated(model, decoded(b"".join(self._chunks)))

    def read_query(self, model: type[Model]) -> Model:
        """Return the query parameters as `model`."""
        arguments = self.request.query_arguments
        values = {name: self.get_query_argument(name) for name in arguments}
        return validated(model, values)

    def refuse_undeclared(self, declared: Operation | None) -> None:
        """Refuse credentials in the address, and parameters where none are declared."""
        names = self.request.query_arguments
        refuse_secrets_in_address(names)
        if declared is not None and declared.parameters is None:
            refuse_parameters(names)

    async def rows(self, cls: Any, columns: Sequence[Any], refine: Refine) -> list[dict[str, Any]]:
        """Return `columns` of the records of `cls` that the caller may read, at the least cost."""
        reading = self.services.database.reading
        return await accessible_rows(reading, cls, columns, self.caller, refine)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Open the caller's session and commit it at the end, or roll everything back.

        A clash with what is stored, such as a name that is taken, becomes ConflictError.
        """
        async with self.services.session(self.caller) as session:
            try:
                yield session
                await session.commit()
                self._forget_callers(session)
            except IntegrityError as error:
                raise clash(error) from None

    def _forget_callers(self, session: AsyncSession) -> None:
        """Believe nothing of callers that this request may have changed, before it is answered."""
        if has_changed_rights(session.sync_session):
            self.services.callers.watch.forget()

    def event(self, action: str, record: Any, **details: Any) -> AuditEvent:
        """Return the audit's line for an act of the caller on `record`; add it to the session."""
        return AuditEvent(
            action=action,
            outcome="allowed",
            object_type=type(record).__name__,
            object_id=str(record.id),
            details=details,
            **self.actor(),
        )

    def success(self, data: Any = None, status: int = 200) -> None:
        """Answer `{"status": "success", "data": …}`."""
        self.set_status(status)
        self._write_json({"status": "success", "data": data})

    async def note_refusal(self, error: BaselayerError) -> None:
        """Write to the audit that this request was refused, on a connection of its own.

        Not each of those from an address that is closed: that would be a query for every guess.
        """
        if isinstance(error, TokenLimitedError):
            return
        event = Event(
            action=f"{self.request.method} {self.request.path}",
            outcome="refused" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "failed",
            code=error.code,
            **self.actor(),
        )
        await record(self.services.database.async_engine, event)

    def actor(self) -> dict[str, Any]:
        """Return who acts, from where, as the audit writes it down."""
        user = self.current_user
        return {
            "user_id": user.user_id if user else None,
            "token_id": user.token_id if user else None,
            "account_id": user.account_id if user else None,
            "address": self.request.remote_ip,
        }

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer `{"status": "error", …}`: the one place where errors become HTTP."""
        error = error_of(status_code, kwargs.get("exc_info", (None, None, None))[1])
        if error.status == HTTPStatus.UNAUTHORIZED:
            self.set_header("WWW-Authenticate", 'Bearer realm="baselayer"')
        if error.status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(m.upper() for m in METHODS if m in vars(type(self))))
        if error.status == HTTPStatus.TOO_MANY_REQUESTS:
            self.set_header("Retry-After", str(error.details.get("retry_after_seconds", 60)))
        self.set_status(error.status)
        data = {"code": error.code, **error.details}
        self._write_json({"status": "error", "message": error.message, "data": data})

    def finish(self, chunk: Any = None) -> "Future[None]":
        """Answer, and say so when the connection ends with it.

        Tornado closes one whose request is answered before it has been read, without a word: a
        client that sends its next request on it would see it reset.
        """
        if threading.get_ident() != self._loop_thread:
            return asyncio.run_coroutine_threadsafe(self._finish_soon(chunk), self._loop).result()
        if not self._headers_written and not self.request._body_future.done():
            self.set_header("Connection", "close")
        return super().finish(chunk)

    async def _finish_soon(self, chunk: Any) -> "Future[None]":
        """Answer from the event loop for a plain method, which has a thread of its own."""
        return self.finish(chunk)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Answer with the error; when an answer is under way already, break it off.

        Whoever downloads must see that it is not whole; a clean end would say that it is.
        """
        if self._headers_written and not self._finished:
            error_of(status_code, kwargs.get("exc_info", (None, None, None))[1])
            self.request.connection.stream.close()  # type: ignore[union-attr] # HTTP/1 has it
            return
        super().send_error(status_code, **kwargs)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Do nothing: what is unforeseen is logged where it becomes an answer."""

    def _write_json(self, body: dict[str, Any]) -> None:
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(msgspec.json.encode(body, enc_hook=_plain))


def _plain(value: Any) -> Any:
    """Return `value` as JSON can say it."""
    if isinstance(value, BaseModel):
        return msgspec.Raw(value.__pydantic_serializer__.to_json(value))
    raise TypeError(f"{type(value).__name__} is not JSON")
