"""Upstream's import names: applications written for it find them here. The list only grows."""

import importlib

import pytest

# module:name, each importable now. A line is never removed.
NAMES = """
baselayer.log:make_log
baselayer.app.config:Config
baselayer.app.config:load_config
baselayer.app.config:recursive_update
baselayer.app.env:load_env
baselayer.app.env:parser
baselayer.app.access:AccessError
baselayer.app.access:auth_or_token
baselayer.app.access:permissions
baselayer.app.handlers.base:BaseHandler
baselayer.app.models:ACL
baselayer.app.models:AccessibleIfRelatedRowsAreAccessible
baselayer.app.models:AccessibleIfUserMatches
baselayer.app.models:AsyncVerifiedSession
baselayer.app.models:Base
baselayer.app.models:ComposedAccessControl
baselayer.app.models:CustomUserAccessControl
baselayer.app.models:DBSession
baselayer.app.models:JoinModel
baselayer.app.models:Public
baselayer.app.models:Restricted
baselayer.app.models:Role
baselayer.app.models:RoleACL
baselayer.app.models:SlugifiedStr
baselayer.app.models:Token
baselayer.app.models:TokenACL
baselayer.app.models:User
baselayer.app.models:UserACL
baselayer.app.models:UserAccessControl
baselayer.app.models:UserRole
baselayer.app.models:VerifiedSession
baselayer.app.models:accessible_by_created_by
baselayer.app.models:accessible_by_owner
baselayer.app.models:accessible_by_user
baselayer.app.models:bulk_verify
baselayer.app.models:init_db
baselayer.app.models:join_model
baselayer.app.models:public
baselayer.app.models:restricted
baselayer.app.models:session_context_id
baselayer.app.models:utcnow
baselayer.app.custom_exceptions:AccessError
baselayer.app.custom_exceptions:ResourceNotFoundError
baselayer.app.json_util:to_json
baselayer.app.model_util:clear_tables
baselayer.app.model_util:create_tables
baselayer.app.model_util:drop_tables
baselayer.app.model_util:recursive_to_dict
baselayer.app.model_util:status
baselayer.app.models:CronJobRun
baselayer.app.models:async_plain_session_factory
baselayer.app.models:primary_key_keys
baselayer.app.models:resolve_pooler
baselayer.app.models:safe_aliased
""".split()  # noqa: SIM905 - one name a line, so that a change shows one name

FEWEST = 54  # raised with every name that is added


def resolve(name: str) -> object:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("name", NAMES)
def test_upstream_name_is_there(name: str) -> None:
    assert resolve(name) is not None


def test_list_only_grows() -> None:
    assert len(set(NAMES)) == len(NAMES) >= FEWEST


@pytest.mark.parametrize("name", ["baselayer.log:missing", "baselayer.missing:make_log"])
def test_name_that_is_gone_is_found(name: str) -> None:
    with pytest.raises((AttributeError, ImportError)):
        resolve(name)
