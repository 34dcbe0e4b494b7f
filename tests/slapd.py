"""A throw-away directory: slapd with two people, and logins of databases that ask it."""

import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.mariadb import MariadbTarget
from tests.targets import HERE, PostgresTarget, free_port

SLAPD = Path("/usr/sbin/slapd")
WHOAMI = Path("/usr/bin/ldapwhoami")
NEEDED = "needs slapd and ldapwhoami: install slapd ldap-utils"
START_SECONDS = 20.0
SUFFIX = "dc=example,dc=org"

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {home}/slapd.pid
database mdb
maxsize 16777216
directory {home}/data
suffix "{suffix}"
"""
_PEOPLE = """
dn: {suffix}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: uid=ada,{suffix}
objectClass: inetOrgPerson
uid: ada
cn: Ada
sn: Ada
userPassword: {password}
"""
# PAM asks the directory by binding to it, as pam_ldap does; the password comes by standard input.
_CHECK = """#!/bin/sh
exec {whoami} -x -H ldap://{here}:{port} -D "uid=$PAM_USER,{suffix}" -y /dev/stdin
"""


@dataclass(frozen=True)
class Directory:
    """A running slapd; `ada` may bind with her password."""

    port: int
    password: str = field(repr=False)


def has_slapd() -> bool:
    """Tell whether this machine has the programs."""
    return SLAPD.exists() and WHOAMI.exists()


@contextmanager
def directory() -> Iterator[Directory]:
    """Run a slapd of its own, and stop and remove it afterwards."""
    home = Path(tempfile.mkdtemp(prefix="baselayer-slapd-"))
    found = Directory(free_port(), secrets.token_urlsafe(16))
    try:
        (home / "data").mkdir()
        config = home / "slapd.conf"
        config.write_text(_CONFIG.format(home=home, suffix=SUFFIX))
        people = _PEOPLE.format(suffix=SUFFIX, password=found.password).encode()
        subprocess.run(
            [str(SLAPD), "-T", "add", "-f", str(config)],
            input=people,
            check=True,
            capture_output=True,
        )
        process = subprocess.Popen(
            [str(SLAPD), "-f", str(config), "-h", f"ldap://{HERE}:{found.port}", "-d", "0"],
            stderr=subprocess.DEVNULL,
        )
        try:
            _await(found)
            yield found
        finally:
            process.terminate()
            process.wait(10)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _await(found: Directory) -> None:
    asked = [str(WHOAMI), "-x", "-H", f"ldap://{HERE}:{found.port}"]
    end = time.monotonic() + START_SECONDS
    while subprocess.run(asked, capture_output=True).returncode:
        assert time.monotonic() < end, "slapd did not start"
        time.sleep(0.05)


def let_postgresql_ask(found: Directory, server: PostgresTarget) -> None:
    """Have `server` ask the directory about `ada`."""
    server.admin("create role ada login")
    server.admin("grant select on all tables in schema public to ada")
    rules = Path(server.admin("show hba_file")[0][0])
    ours = (
        f"host all ada {HERE}/32 ldap ldapserver={HERE} ldapport={found.port} "
        f'ldapprefix="uid=" ldapsuffix=",{SUFFIX}"\n'
    )
    rules.write_text(ours + rules.read_text())
    server.admin("select pg_reload_conf()")


@contextmanager
def mariadb_asking(found: Directory, server: MariadbTarget) -> Iterator[None]:
    """Have `server` ask PAM about `ada`, which asks the directory; takes root."""
    service = Path("/etc/pam.d") / f"baselayer-{secrets.token_hex(4)}"
    home = Path(tempfile.mkdtemp(prefix="baselayer-pam-"))
    home.chmod(0o755)
    check = home / "check"
    check.write_text(_CHECK.format(whoami=WHOAMI, here=HERE, port=found.port, suffix=SUFFIX))
    check.chmod(0o755)
    try:
        service.write_text(
            f"auth required pam_exec.so expose_authtok quiet {check}\n"
            "account required pam_permit.so\n"
        )
        server.admin("install soname 'auth_pam_v1'")
        server.admin(f"create user ada@'%%' identified via pam using '{service.name}'", ())
        server.admin("grant select, show view on shop.* to ada@'%%'", ())
        yield
    finally:
        service.unlink(missing_ok=True)
        shutil.rmtree(home, ignore_errors=True)
