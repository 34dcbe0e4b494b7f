"""The public names of the models, as upstream's applications import them; re-exports only."""

from baselayer.app.audit.models import AuditEvent
from baselayer.app.connections.lookups import (
    get_cached_connection_by_name_and_kind,
    get_cached_connections_for_user,
)
from baselayer.app.connections.manifests import data_to_dict
from baselayer.app.connections.models import ConnectionBase, GroupConnection, SqlConnection
from baselayer.app.controls.base import ComposedAccessControl, UserAccessControl
from baselayer.app.controls.constant import Public, Restricted, public, restricted
from baselayer.app.controls.custom import AccessibleIf, CustomUserAccessControl
from baselayer.app.controls.permitted import AccessibleIfPermitted
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible
from baselayer.app.controls.users import (
    AccessibleIfUserMatches,
    accessible_by_created_by,
    accessible_by_owner,
    accessible_by_user,
)
from baselayer.app.cron.models import CronJobRun
from baselayer.app.db.base import Base
from baselayer.app.db.engine import Database, init_db, resolve_pooler
from baselayer.app.db.joins import JoinModel, join_model
from baselayer.app.db.keys import primary_key_keys, safe_aliased
from baselayer.app.db.mixins.info_response import (
    DatetimeInfoMixin,
    IntIdDatetimeInfoMixin,
    IntIdInfoMixin,
    UUIDIdDatetimeInfoMixin,
    UUIDIdInfoMixin,
)
from baselayer.app.db.mixins.jwt_auth import JWTAuthMixin, JWTPayloadBase, TokenResponse
from baselayer.app.db.mixins.jwt_keys import JWTKey
from baselayer.app.db.mixins.optimistic import OptimisticLockMixin
from baselayer.app.db.mixins.polymorphic import (
    AutoPolymorphicIdentityMixin,
    PolymorphicBaseMixin,
    create_subclass_id_mixin,
)
from baselayer.app.db.mixins.table import M, T, TableBaseMixin
from baselayer.app.db.mixins.uuid import UUIDTableBaseMixin
from baselayer.app.db.scoped import DBSession, async_plain_session_factory, session_context_id
from baselayer.app.db.sessions import AsyncVerifiedSession, VerifiedSession
from baselayer.app.db.types import SlugifiedStr, now, now_date, utcnow
from baselayer.app.db.verify import bulk_verify
from baselayer.app.identity.accounts import (
    Account,
    UserProfile,
    get_or_create_account,
    get_or_create_profile,
)
from baselayer.app.identity.acls import ACL
from baselayer.app.identity.admission import GroupAdmissionRequest
from baselayer.app.identity.attempts import LoginAttempt
from baselayer.app.identity.changes import RightsChange
from baselayer.app.identity.forgetting import forget_lookups
from baselayer.app.identity.groups import Group, GroupUser
from baselayer.app.identity.installation import Installation
from baselayer.app.identity.invitations import Invitation, InvitationGroup
from baselayer.app.identity.lookups import (
    account_number_from_url,
    get_cached_account,
    get_cached_account_for_user,
    get_cached_admin_user_for_account,
    get_cached_admin_user_profile,
    get_cached_default_account,
    get_cached_profile,
    get_cached_user_for_user_id,
    get_cached_user_for_username,
    get_user_profiles_for_account,
    get_users_for_account,
    valid_resource_owners_for_user,
)
from baselayer.app.identity.passwords import UserPassword
from baselayer.app.identity.roles import Role, RoleACL
from baselayer.app.identity.sessions import LoginSession
from baselayer.app.identity.setup_links import SetupLink
from baselayer.app.identity.streams import GroupStream, Stream, StreamUser
from baselayer.app.identity.tokens import Token, TokenACL
from baselayer.app.identity.users import User, UserACL, UserRole
from baselayer.app.queries.models import GroupQuery, Query, QueryRun, ResultFile
from baselayer.app.schemas.paging import (
    ListResponse,
    PaginationRequest,
    TableViewRequest,
    TimeFilterRequest,
)

__all__ = [
    "ACL",
    "AccessibleIf",
    "AccessibleIfPermitted",
    "AccessibleIfRelatedRowsAreAccessible",
    "AccessibleIfUserMatches",
    "Account",
    "AsyncVerifiedSession",
    "AuditEvent",
    "AutoPolymorphicIdentityMixin",
    "Base",
    "ComposedAccessControl",
    "ConnectionBase",
    "CronJobRun",
    "CustomUserAccessControl",
    "DBSession",
    "Database",
    "DatetimeInfoMixin",
    "Group",
    "GroupAdmissionRequest",
    "GroupConnection",
    "GroupQuery",
    "GroupStream",
    "GroupUser",
    "Installation",
    "IntIdDatetimeInfoMixin",
    "IntIdInfoMixin",
    "Invitation",
    "InvitationGroup",
    "JWTAuthMixin",
    "JWTKey",
    "JWTPayloadBase",
    "JoinModel",
    "ListResponse",
    "LoginAttempt",
    "LoginSession",
    "M",
    "OptimisticLockMixin",
    "PaginationRequest",
    "PolymorphicBaseMixin",
    "Public",
    "Query",
    "QueryRun",
    "Restricted",
    "ResultFile",
    "RightsChange",
    "Role",
    "RoleACL",
    "SetupLink",
    "SlugifiedStr",
    "SqlConnection",
    "Stream",
    "StreamUser",
    "T",
    "TableBaseMixin",
    "TableViewRequest",
    "TimeFilterRequest",
    "Token",
    "TokenACL",
    "TokenResponse",
    "UUIDIdDatetimeInfoMixin",
    "UUIDIdInfoMixin",
    "UUIDTableBaseMixin",
    "User",
    "UserACL",
    "UserAccessControl",
    "UserPassword",
    "UserProfile",
    "UserRole",
    "VerifiedSession",
    "accessible_by_created_by",
    "accessible_by_owner",
    "accessible_by_user",
    "account_number_from_url",
    "async_plain_session_factory",
    "bulk_verify",
    "create_subclass_id_mixin",
    "data_to_dict",
    "forget_lookups",
    "get_cached_account",
    "get_cached_account_for_user",
    "get_cached_admin_user_for_account",
    "get_cached_admin_user_profile",
    "get_cached_connection_by_name_and_kind",
    "get_cached_connections_for_user",
    "get_cached_default_account",
    "get_cached_profile",
    "get_cached_user_for_user_id",
    "get_cached_user_for_username",
    "get_or_create_account",
    "get_or_create_profile",
    "get_user_profiles_for_account",
    "get_users_for_account",
    "init_db",
    "join_model",
    "now",
    "now_date",
    "primary_key_keys",
    "public",
    "resolve_pooler",
    "restricted",
    "safe_aliased",
    "session_context_id",
    "utcnow",
    "valid_resource_owners_for_user",
]
