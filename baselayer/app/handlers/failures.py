"""Failures: what broke, as one of our errors, and as the log may have it."""

import traceback
import uuid
from http import HTTPStatus

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from tornado.web import HTTPError, RequestHandler

from baselayer.app.errors import (
    BaselayerError,
    ConflictError,
    DatabaseStartError,
    InternalError,
    InvalidRequestError,
    MethodNotAllowedError,
)
from baselayer.log import make_log

log = make_log("http")


def error_of(status: int, cause: BaseException | None) -> BaselayerError:
    """Return what is told of the failure of a request; what is unforeseen goes to the log."""
    if isinstance(cause, BaselayerError):
        return cause
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return MethodNotAllowedError("This address does not answer to that method.")
    if isinstance(cause, HTTPError) and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return InvalidRequestError(
            "The address or its parameters are not understood: they must be UTF-8, with what is "
            "special in an address written as %XX."
        )
    if isinstance(cause, (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)):
        log.error(f"the metadata database failed: {type(cause).__name__}")
        return DatabaseStartError(
            "The metadata database does not answer in time. Nothing was changed: try again."
        )
    if isinstance(cause, sa.exc.DataError):
        return InvalidRequestError("A value cannot be stored as it is. Nothing was changed.")
    number = uuid.uuid4().hex[:12]
    log.error(f"internal error {number}: {_frames(cause)}")
    return InternalError(f"Something broke on our side; the log has it as {number}.", id=number)


def clash(error: IntegrityError) -> ConflictError:
    """Return what clashed, by the constraint's name alone: the driver's text holds values."""
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
    if constraint.endswith(("_name_uq", "username_uq")):
        return ConflictError("That name is taken: choose another one. Nothing was changed.")
    if constraint.endswith("_fk"):
        return ConflictError(
            "Something it refers to does not exist, or is still in use. Nothing was changed."
        )
    return ConflictError("It clashes with a record that is already there. Nothing was changed.")


def log_request(handler: RequestHandler) -> None:
    """Log that a request was answered; without its query, which may hold what is secret.

    What went well is for DEBUG: a line for each costs a quarter of what a small answer costs, and
    what was done is in the audit.
    """
    went_well = handler.get_status() < HTTPStatus.BAD_REQUEST
    if went_well and not log.tells_debug():
        return
    request = handler.request
    took_ms = 1000 * request.request_time()
    line = f"{handler.get_status()} {request.method} {request.path!r} {took_ms:.1f} ms"
    (log.debug if went_well else log)(line)


def _frames(cause: BaseException | None) -> str:
    """Return where `cause` was raised: its own message may hold what must not be in a log."""
    if cause is None:
        return "no exception"
    return f"{type(cause).__name__}\n" + "".join(traceback.format_tb(cause.__traceback__))
