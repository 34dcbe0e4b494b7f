"""Every error that we raise on purpose: a class, a stable code, an HTTP status.

The docstring of a class is its page in docs/errors.md: what happened, and what to do about it.
A message names what it is about and how to mend it; it never holds a secret or a driver's text.
"""

from typing import Any, ClassVar


class BaselayerError(Exception):
    """Anything that baselayer refuses or fails at, told in a way that can be shown."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, **details: Any) -> None:
        """Keep `message` for people and `details` (JSON values only) for programs."""
        super().__init__(message)
        self.message = message
        self.details = details


# --- Starting up ---------------------------------------------------------------------------------


class ConfigError(BaselayerError):
    """A setting is unknown, has a wrong value, or is a well-known default secret.

    The message names the setting and the nearest known one. Mend the file or the environment
    variable that it names; `config.yaml.defaults` lists every setting.
    """

    code = "config_invalid"


class DatabaseStartError(BaselayerError):
    """The metadata database could not be started or reached.

    The message says which step failed. Its log is `postgres/server.log` in the data directory.
    """

    code = "database_start_failed"
    status = 503


class DatabaseVersionError(BaselayerError):
    """The data directory was made by another major version of PostgreSQL than any found here.

    Install the version that the message names, or dump with the old one and restore with the new.
    Nothing was changed.
    """

    code = "database_version_mismatch"


class DiskFullError(BaselayerError):
    """There is no room left where baselayer writes.

    Free some space; nothing that was stored before is lost. A run that met it is `failed`.
    """

    code = "disk_full"
    status = 507


class MigrationError(BaselayerError):
    """The metadata database could not be brought to the schema of this version.

    It was left as it was: each migration runs in a transaction. The message names the cause.
    """

    code = "migration_failed"


class PackageMissingError(BaselayerError):
    """An optional Python package that this needs is not installed.

    Install the package that the message names, into the environment that baselayer runs in.
    """

    code = "package_missing"


class PolicyError(BaselayerError):
    """An access control is declared in a way that cannot be compiled: a developer's mistake.

    The message names the class and the relationship, column or cycle. It shows at start, never to
    a caller.
    """

    code = "policy_invalid"


# --- Who is calling, and what they may do --------------------------------------------------------


class UnauthenticatedError(BaselayerError):
    """The request does not say who is calling.

    Send `Authorization: token bl_…`; a person makes a token with `baselayer token create`.
    """

    code = "unauthenticated"
    status = 401


class InvalidTokenError(BaselayerError):
    """The token is not one of ours: mistyped, deleted, or its owner was deactivated.

    Make a new one. The answer is the same in all these cases, so that it tells nothing to a thief.
    """

    code = "token_invalid"
    status = 401


class ExpiredTokenError(BaselayerError):
    """The token was good until the time that the message names.

    Make a new one; a token's lifetime is chosen when it is made.
    """

    code = "token_expired"
    status = 401


class TokenAddressError(BaselayerError):
    """The token may be used from certain networks only, and the request came from elsewhere.

    Send it from there, or make a token without `allowed_addresses`. Behind a proxy the server sees
    the proxy's address.
    """

    code = "token_address_refused"
    status = 403


class TokenLimitedError(BaselayerError):
    """Too many requests from this address came with tokens that are not valid.

    Wait for the seconds in `Retry-After`, and mend what sends them. A token that this server has
    lately answered still works. `tokens.address_attempts` is how many a minute may fail.
    """

    code = "token_limited"
    status = 429


class LoginFailedError(BaselayerError):
    """User name and password do not belong together, or the user may not log in.

    The answer is the same whether the user exists or not. Who has no password yet, or has lost it,
    gets one from an administrator: `baselayer user password NAME`.
    """

    code = "login_failed"
    status = 401


class LoginLimitedError(BaselayerError):
    """Too many logins have failed for this user name, or from this address.

    Wait for the seconds in `Retry-After`: a minute the first time, longer each time that it happens
    again. Sessions and tokens that exist are not affected. The `login` settings have the numbers.
    """

    code = "login_limited"
    status = 429


class SessionEndedError(BaselayerError):
    """The session of the cookie is over: logged out, too old, idle for too long, or never ours.

    Log in again. A change of the password ends all other sessions, deactivating a user all of his.
    """

    code = "session_ended"
    status = 401


class XsrfError(BaselayerError):
    """A request of a browser's session lacks the proof that our own page sends it.

    Send the `xsrf_token` of `GET /api/profile` as the header `X-XSRFToken`. Programs use a token
    (`Authorization: token bl_…`), which needs no such proof.
    """

    code = "xsrf_refused"
    status = 403


class ForeignOriginError(BaselayerError):
    """A browser sent the request from a page that is not ours, so it was refused.

    When the page is ours behind a proxy, set `server.address` to the address that people enter.
    """

    code = "origin_foreign"
    status = 403


class SetupRefusedError(BaselayerError):
    """The token of the setup link is not valid: used, too old, or mistyped.

    Restart the server: while nobody can administer it, it prints a new link.
    """

    code = "setup_refused"
    status = 403


class InvitationRefusedError(BaselayerError):
    """The invitation was accepted or taken back, has expired, or its maker may not invite so now.

    Ask for another one: each works once.
    """

    code = "invitation_refused"
    status = 403


class ExpiredAccountError(BaselayerError):
    """The account of the caller has expired, so it may look but not act.

    Ask an administrator to set a later expiration date.
    """

    code = "account_expired"
    status = 403


class PermissionMissingError(BaselayerError):
    """The caller lacks a permission (an ACL) that this call needs.

    The message names it. An administrator grants it through a role; a token has at most the
    permissions of the user that it acts for.
    """

    code = "permission_missing"
    status = 403


class AccessError(BaselayerError):
    """The caller may see these records, but may not do this to them.

    The message names the mode (`update`, `run`, …) and the records. Their owner can share them
    with a group that has this mode.
    """

    code = "access_denied"
    status = 403


class UnverifiableError(AccessError):
    """A verified session was asked for something that it could not check, so it refused.

    Raw SQL, Core statements on protected tables, bulk inserts and `secondary` writes name no
    records. Use mapped objects, or open a plain session by name where nobody's rights matter.
    """

    code = "access_unverifiable"


class UntransactedError(AccessError):
    """A verified session was asked to write on an engine that commits each statement by itself.

    Such a session reads only: what it wrote could not be taken back when it is refused. Open one on
    an engine without `AUTOCOMMIT`; a handler writes with `self.writing()`.
    """

    code = "access_untransacted"


class NotFoundError(BaselayerError):
    """There is no such record, or the caller may not see it; the two look the same on purpose.

    Check the id, and that the record is shared with a group of yours.
    """

    code = "not_found"
    status = 404


# --- What was sent -------------------------------------------------------------------------------


class MalformedBodyError(BaselayerError):
    """The body of the request is not a JSON object in UTF-8.

    The message says where the parser stopped. Send an object with `Content-Type: application/json`.
    """

    code = "body_malformed"
    status = 400


class ContentTypeError(BaselayerError):
    """The body is not declared to be JSON, and here it has to be: forms of other pages cannot.

    Send `Content-Type: application/json`.
    """

    code = "content_type_unsupported"
    status = 415


class BodyTooLargeError(BaselayerError):
    """The body of the request is larger than `server.max_body_bytes`.

    Send less at once, or ask an administrator to raise the setting.
    """

    code = "body_too_large"
    status = 413


class InvalidRequestError(BaselayerError):
    """A field or parameter is missing, unknown, or has a wrong value. Nothing was changed.

    `data.fields` in the answer names each one with its reason.
    """

    code = "request_invalid"
    status = 422


class CredentialInAddressError(BaselayerError):
    """A credential was sent in the address, where logs, histories and proxies keep it.

    It was not looked at, and nothing was changed. Send it in the `Authorization` header, and make a
    new one: hold this one for known to others.
    """

    code = "credential_in_address"
    status = 400


class MethodNotAllowedError(BaselayerError):
    """The address exists, but not for this HTTP method; docs/reference/http.md lists both."""

    code = "method_not_allowed"
    status = 405


class ConflictError(BaselayerError):
    """The change clashes with what is stored: a name that is taken, or a state that has passed.

    The message says what it clashed with.
    """

    code = "conflict"
    status = 409


class RecordChangedError(ConflictError):
    """Somebody else changed or deleted the record after it was read, so it was not saved over.

    Read it again, decide anew, and save. The transaction is over.
    """

    code = "record_changed"


class RecordInUseError(ConflictError):
    """The record cannot be deleted while others refer to it; the message says of which kind.

    Delete or change those first.
    """

    code = "record_in_use"


class JWTKeyMissingError(BaselayerError):
    """No key is there to sign a JSON Web Token with, or none to seal keys with.

    Make one for the purpose that the message names, by `JWTKey.rotate(session, purpose)`; an
    application sets `JWTKey.ring` at start.
    """

    code = "jwt_key_missing"


class LastAdminError(ConflictError):
    """Without this user nobody would be left who may everything: he is the last System admin.

    Give another active user, whose account does not expire, the role Super admin first. Nothing was
    changed.
    """

    code = "last_admin"


class StillOwnsError(ConflictError):
    """A user cannot be deleted while he owns something, or has done what is kept on record.

    `owned` counts what it is. Hand it over with `POST /api/users/{id}/transfer`, or deactivate him:
    then he can do nothing, and everything stays.
    """

    code = "user_still_owns"


class InternalError(BaselayerError):
    """Something unforeseen broke on our side; the log has it under the id that the message names.

    Nothing of the request was stored. Report it with that id.
    """

    code = "internal_error"
    status = 500


# --- The guard: what a statement may be ----------------------------------------------------------


class GuardError(BaselayerError):
    """A statement was refused before anything was sent to the database."""

    code = "sql_refused"
    status = 422


class SqlEmptyError(GuardError):
    """The statement is empty, or holds nothing but comments. Write one statement."""

    code = "sql_empty"


class SqlUnparseableError(GuardError):
    """The statement is not valid in the dialect of the connection.

    The message says where the parser stopped. What cannot be read cannot be judged, so it is not
    sent.
    """

    code = "sql_unparseable"


class SqlSeveralStatementsError(GuardError):
    """The text holds more than one statement. Run them one at a time."""

    code = "sql_several_statements"


class SqlNotReadOnlyError(GuardError):
    """The statement would change something, and the connection is read-only or you may not write.

    The message names the part. A connection with `read_only: false` and the permission
    `Write queries` allow it.
    """

    code = "sql_not_read_only"


class SqlTransactionControlError(GuardError):
    """The statement would end, begin or alter the transaction that baselayer runs it in.

    `BEGIN`, `COMMIT`, `SET`, `LOCK` and their like are refused on every connection.
    """

    code = "sql_transaction_control"


class SqlUnknownFunctionError(GuardError):
    """The statement calls a function that is not known to be free of side effects.

    The message names it. Who may update the connection can add it to `allowed_functions`.
    """

    code = "sql_unknown_function"


# --- Targets: reaching a stored connection's database --------------------------------------------


class TargetError(BaselayerError):
    """The database behind a connection could not be used."""

    code = "target_failed"
    status = 502


class UnknownOptionError(BaselayerError):
    """A connection has an option that its driver does not offer.

    The message lists the known ones. Options are typed fields, never parts of a URL.
    """

    code = "unknown_option"
    status = 422


class DriverMissingError(TargetError):
    """The driver of this engine is not installed; the message says what to install."""

    code = "driver_missing"


class AddressNotAllowedError(TargetError):
    """The host resolves to an address that the egress policy refuses. No packet was sent.

    Cloud metadata services, link-local addresses and baselayer's own database are always refused;
    `egress.allow_loopback` and `egress.allow_private` open the rest.
    """

    code = "address_not_allowed"
    status = 422


class TargetUnreachableError(TargetError):
    """The host could not be resolved or nobody answered at its port within the timeout.

    Check host and port, and that the database listens on that address.
    """

    code = "target_unreachable"


class SshUnreachableError(TargetError):
    """The SSH server (bastion or jump host) did not answer, or spoke no SSH that we can speak.

    The message names the hop. Check its host and port. When it failed a moment ago it is left alone
    for the seconds that the message says, so that a dead bastion is not hammered.
    """

    code = "ssh_unreachable"


class SshHostKeyUnknownError(TargetError):
    """The SSH server showed a key, and none is stored for it. Nothing was sent to it.

    The details hold its fingerprint and the `known_hosts_line` to store. Compare the fingerprint
    with what the server's administrator says before you store it.
    """

    code = "ssh_host_key_unknown"


class SshHostKeyChangedError(TargetError):
    """The SSH server showed another key than the stored ones, or a revoked one.

    Nothing was sent to it. Either somebody has replaced the server's key, or somebody stands
    between. Ask its administrator; then replace the stored line, never only add one.
    """

    code = "ssh_host_key_changed"


class SshKnownHostsError(TargetError):
    """The stored host keys are not in the form of OpenSSH's known_hosts, or ask for too much.

    The message names the line. `ssh-keyscan HOST` prints lines of this form; certificates
    (`@cert-authority`) are not supported: store the server's own key.
    """

    code = "ssh_known_hosts_invalid"
    status = 422


class SshLoginError(TargetError):
    """The SSH server refused the user name, the password or the key.

    The message names the hop and says what it would accept. Check the user name, and that the
    public half of the key is in its `authorized_keys`.
    """

    code = "ssh_login_failed"


class SshKeyError(TargetError):
    """The stored private key cannot be read, or its passphrase is missing or wrong.

    Keys are Ed25519, ECDSA or RSA in the form of OpenSSH or PEM. Enter key and passphrase again.
    """

    code = "ssh_key_unreadable"
    status = 422


class SshForwardError(TargetError):
    """The bastion was reached and let us in, but does not lead to the database.

    Either its rules forbid it (`AllowTcpForwarding`, `PermitOpen`), or the host cannot be reached
    from there: names and addresses are those that the bastion sees.
    """

    code = "ssh_forward_refused"


class SshBusyError(TargetError):
    """Too many SSH tunnels, or connections through one tunnel, are open at a time.

    Wait until one of them has ended.
    """

    code = "ssh_busy"
    status = 503


class ProxyUnreachableError(TargetError):
    """The connection's proxy could not be reached, or hung up before it had answered.

    Check the proxy's protocol, host and port. Nothing was asked of the target.
    """

    code = "proxy_unreachable"


class ProxyTlsError(TargetError):
    """The HTTPS proxy could not prove who it is, or speaks no TLS.

    Check the proxy's protocol, its host, which its certificate has to name, and the authority.
    """

    code = "proxy_tls_failed"


class ProxyLoginError(TargetError):
    """The proxy asks for a user name and password, or refused those of the connection.

    Enter the proxy's password again; it is cleared when protocol, host or port change.
    """

    code = "proxy_login_failed"


class ProxyRefusedError(TargetError):
    """The proxy was reached, and did not lead to the target: the message has its answer.

    Check what the proxy allows, and that the target's host and port are known there.
    """

    code = "proxy_refused"


class TargetLoginError(TargetError):
    """The database refused the user name, the password or the database name.

    Enter the password again in the connection; it is cleared when host, port or TLS change.
    """

    code = "target_login_failed"


class TargetTlsError(TargetError):
    """An encrypted connection with a proven server could not be set up.

    Check `tls_mode`, `tls_ca` and that the certificate names the host.
    """

    code = "target_tls_failed"


class TargetPasswordMissingError(TargetError):
    """The connection has no stored password, and its database asks for one.

    It is cleared when engine, host, port or TLS change: enter it again.
    """

    code = "target_password_missing"


class FileNotAllowedError(TargetError):
    """The database is a file, and lies where none may: no root is configured, or it leads outside.

    The path is relative to one of `files.roots`, which an administrator sets; `..` and symbolic
    links are refused.
    """

    code = "file_not_allowed"
    status = 422


class RoleMayWriteError(TargetError):
    """The connection is read-only, and its user may do more than read, which nothing would stop.

    MySQL and MariaDB leave a read-only transaction for statements that change the schema. Enter a
    user with `SELECT` and `SHOW VIEW` alone, or make the connection `read_only: false`.
    """

    code = "role_may_write"
    status = 422


# --- Runs ----------------------------------------------------------------------------------------


class QueryFailedError(TargetError):
    """The database refused the statement or failed while it ran.

    The message has the database's own reason and SQLSTATE.
    """

    code = "query_failed"
    status = 422


class QueryTimeoutError(TargetError):
    """The statement ran longer than the connection's `timeout_seconds` and was cancelled."""

    code = "query_timeout"
    status = 504


class RunCancelledError(BaselayerError):
    """The run was cancelled by somebody who may."""

    code = "run_cancelled"
    status = 409


class RunLostError(BaselayerError):
    """The process that executed the run died. Start the run again."""

    code = "run_lost"
    status = 500


class RunNotFinishedError(BaselayerError):
    """The run has no result yet, or ended without one; its state is in the message."""

    code = "run_without_result"
    status = 409


class ExecutorUnavailableError(BaselayerError):
    """No executor took the job. It is restarted by itself; try again in a few seconds."""

    code = "executor_unavailable"
    status = 503


class ResultGoneError(BaselayerError):
    """The stored result is no longer there. Run the query again."""

    code = "result_gone"
    status = 410


# --- Cron ----------------------------------------------------------------------------------------


class CronOwnerError(BaselayerError):
    """The owner of a cron job is unknown, deactivated or expired, so its script was not started.

    The run says so. Make or activate the user, or name another `owner` in the settings.
    """

    code = "cron_owner_invalid"
    status = 409


# --- Secrets at rest -----------------------------------------------------------------------------


class SealError(BaselayerError):
    """A sealed value could not be opened: another key ring, or not the record it was sealed for.

    Restore the key ring that belongs to this database, or enter the secret again.
    """

    code = "seal_broken"


class KeyRingError(BaselayerError):
    """The key ring is missing, damaged, readable by others, or not the one of this database.

    Nothing was written. Restore `secrets/keys.json` from its backup, with mode 0600.
    """

    code = "key_ring_invalid"
