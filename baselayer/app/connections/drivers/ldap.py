"""LDAP logins: the database asks a directory, so it must be told the password itself.

Our side has no LDAP in it. It sees to it that the password is one, and that nobody but the
database, or the bastion before it, can read it.
"""

from baselayer.app.connections.drivers.base import VERIFIED, Target
from baselayer.app.egress.way import Way
from baselayer.app.errors import TargetPasswordMissingError, TargetTlsError

LDAP = "ldap_user_pwd"


def is_ldap(target: Target) -> bool:
    """Tell whether the database asks a directory about this login."""
    return target.authentication_method == LDAP


def check_ldap(target: Target, way: Way) -> None:
    """Refuse an LDAP login without a password, or with one that others could read.

    Nothing is dialled. A directory takes a name with an empty password for somebody who does not
    say who he is, and lets him in (RFC 4513 section 5.1.2); to many, a NUL ends a password.
    """
    if not is_ldap(target):
        return
    if not target.password or "\0" in target.password:
        raise TargetPasswordMissingError(
            "An LDAP login needs a password, and it may not hold a NUL: enter it in the connection."
        )
    if target.tls_mode not in VERIFIED and not way.is_private:
        raise TargetTlsError(
            "An LDAP login sends the password itself: choose the TLS mode verify-full or "
            "verify-ca, or reach the database through an SSH tunnel."
        )
