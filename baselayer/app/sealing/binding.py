"""What a sealed value belongs to, and may be opened for."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Binding:
    """The place of a secret: moved to another table, column, row or context, it stays shut.

    `context` names what else the secret was entered for; for a connection's password that is
    "engine|host|port|tls_mode", so that it can never be sent to another host.
    """

    table: str
    column: str
    row: str
    context: str = ""

    def associated_data(self) -> bytes:
        """Return what AES-GCM authenticates: a JSON list, so that no two bindings are alike."""
        return json.dumps([self.table, self.column, self.row, self.context]).encode()
