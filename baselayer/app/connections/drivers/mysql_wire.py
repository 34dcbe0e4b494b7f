"""The MySQL protocol over a socket that is given: a login that keeps the password, rows as bytes.

PyMySQL does the handshake. What it would do too readily is refused here: a clear password for a
server that has not proved who it is, files of ours for a server that asks for them, and rows of
any length. Its cursors and decoders are not used: a value travels as the server's own bytes.
"""

import socket
import ssl
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pymysql
from pymysql import converters
from pymysql.connections import Connection
from pymysql.constants import COMMAND
from pymysql.protocol import EOFPacketWrapper, FieldDescriptorPacket, MysqlPacket, OKPacketWrapper

LIMIT_ROW_BYTES = 67_108_864
LIMIT_COLUMNS = 4_096
IN_TRANSACTION = 0x0001  # SERVER_STATUS_IN_TRANS
IN_READ_ONLY_TRANSACTION = 0x2000  # SERVER_STATUS_IN_TRANS_READONLY

# Plugins that show a server nothing but that we know the password.
_PROVING = frozenset({"mysql_native_password", "caching_sha2_password", "client_ed25519"})
# Plugins that hand it over.
_DIALOG = "dialog"
_TELLING = frozenset({"mysql_clear_password", "sha256_password", _DIALOG})
_HIDDEN_INPUT = 0x04  # of a prompt's first byte: what is typed is not to be seen
_MOST_PROMPTS = 4
# caching_sha2_password and sha256_password ask with these for a key that nobody vouches for.
_KEY_REQUESTS = (b"\x01", b"\x02")
_WHOLE_PACKET = 0xFFFFFF
_NULL = 0xFB
_FILE = 0xFB
_END = 0xFE
_ERROR = 0xFF

_Base: Any = Connection  # its stubs leave out the methods that are replaced here


class ServerError(Exception):
    """The server refused; `text` is its own, to be scrubbed before it is shown."""

    def __init__(self, number: int, state: str, text: str) -> None:
        super().__init__(f"error {number}")
        self.number = number
        self.state = state
        self.text = text


class ClearPasswordError(Exception):
    """The server wants the password itself, and has not proved who it is."""


class UnknownLoginError(Exception):
    """The server wants a login that cannot be given."""


class FileAskedError(Exception):
    """The server asked for a file of this machine; it got none, and no further word."""


class RowTooLongError(Exception):
    """A row is longer than is held in memory; the connection was given up."""


class GarbledError(Exception):
    """What came is not the protocol, or the connection broke."""


@dataclass(frozen=True)
class Answer:
    """What a statement began with: columns, or the number of rows that it changed."""

    fields: list[Any]
    affected_rows: int | None


class Wire(_Base):  # type: ignore[misc]
    """One connection. `is_proven` says that TLS shows who the server is."""

    def __init__(
        self,
        host: str,
        user: str,
        password: str | None,
        database: str,
        *,
        context: ssl.SSLContext | None,
        is_proven: bool,
    ) -> None:
        encoders = {k: v for k, v in converters.conversions.items() if not isinstance(k, int)}
        super().__init__(
            host=host,
            user=user.encode(),
            password=(password or "").encode(),
            database=database.encode() or None,
            charset="utf8mb4",
            conv=encoders,
            use_unicode=False,
            autocommit=None,
            local_infile=False,
            defer_connect=True,
            ssl=context,
            ssl_disabled=context is None,
        )
        self._is_proven = is_proven
        self._is_logged_in = False
        self._is_cut = False
        self._next_seq_id: int = 0
        self._auth_plugin_name: str = ""
        self.has_ended = True
        self._breaker: socket.socket | None = None

    def login(self, connected: socket.socket) -> None:
        """Do the handshake over `connected`, which is this connection's from now on."""
        self._breaker = connected.dup()
        if self._is_cut:
            connected.close()
            raise GarbledError
        self.connect(connected)
        self._is_logged_in = True

    def cut(self) -> None:
        """Break the connection, from any thread: whoever reads from it stops."""
        self._is_cut = True
        if self._breaker is not None:
            with suppress(OSError):
                self._breaker.shutdown(socket.SHUT_RDWR)

    def leave(self) -> None:
        """Close everything; never raises."""
        with suppress(pymysql.MySQLError, OSError):
            self.close()
        if self._breaker is not None:
            self._breaker.close()

    @property
    def session_id(self) -> int:
        """The server's number of this session."""
        number: int = self.server_thread_id[0]
        return number

    @property
    def is_mariadb(self) -> bool:
        """Tell whether the server is MariaDB rather than MySQL."""
        return "mariadb" in str(self.server_version).lower()

    def run(self, sql: str) -> list[tuple[bytes | None, ...]]:
        """Run one of our own statements; return its few rows."""
        answer = self.start(sql.encode())
        columns: list[list[bytes | None]] = [[] for _ in answer.fields]
        while not self.has_ended:
            self.fetch(columns, 1_024)
        return list(zip(*columns, strict=True))

    def start(self, sql: bytes) -> Answer:
        """Send one statement and read what its answer begins with."""
        self.has_ended = False
        self._execute_command(COMMAND.COM_QUERY, sql)
        packet = self._read_packet()
        if packet.is_ok_packet():
            done = OKPacketWrapper(packet)
            self._finish(done)
            return Answer([], done.affected_rows)
        if packet.get_all_data()[0] == _FILE:
            self._force_close()
            raise FileAskedError
        count = packet.read_length_encoded_integer()
        if not 0 < count <= LIMIT_COLUMNS:
            self._force_close()
            raise GarbledError
        fields = [self._read_packet(FieldDescriptorPacket) for _ in range(count)]
        self.server_status = EOFPacketWrapper(self._read_packet()).server_status
        return Answer(fields, None)

    def fetch(self, columns: list[list[bytes | None]], count: int) -> int:
        """Append up to `count` rows, or a megabyte; return how many. `has_ended` after the last."""
        room = 1_048_576
        for number in range(count):
            data = self._payload()
            if data[0] == _END and len(data) < 9:
                self._finish(EOFPacketWrapper(MysqlPacket(data, self.encoding)))
                return number
            if data[0] == _ERROR:
                self.has_ended = True
                raise self._refusal(data)
            _split(data, columns)
            room -= len(data)
            if room < 0:
                return number + 1
        return count

    def _finish(self, ending: Any) -> None:
        """Keep the server's status; a second result behind the first is nothing that we asked."""
        self.server_status = ending.server_status
        self.has_ended = True
        if ending.has_next:
            self._force_close()
            raise GarbledError

    def _payload(self) -> bytes:
        parts: list[bytes] = []
        left = LIMIT_ROW_BYTES
        while True:
            head = self._read_bytes(4)
            length = head[0] | head[1] << 8 | head[2] << 16
            left -= length
            if left < 0:
                self._force_close()
                raise RowTooLongError
            if head[3] != self._next_seq_id or (length == 0 and not parts):
                self._force_close()
                raise GarbledError
            self._next_seq_id = (self._next_seq_id + 1) % 256
            parts.append(self._read_bytes(length))
            if length < _WHOLE_PACKET:
                return parts[0] if len(parts) == 1 else b"".join(parts)

    def _read_packet(self, packet_type: Any = MysqlPacket) -> Any:
        data = self._payload()
        if data[0] == _ERROR:
            raise self._refusal(data)
        return packet_type(data, self.encoding)

    def _refusal(self, data: bytes) -> ServerError:
        number = struct.unpack("<H", data[1:3])[0]
        has_state = data[3:4] == b"#"
        state = data[4:9].decode("ascii", "replace") if has_state else ""
        text = data[9 if has_state else 3 :].decode("utf-8", "replace")
        return ServerError(number, state, text)

    def _get_server_information(self) -> None:
        super()._get_server_information()
        if self._auth_plugin_name not in _PROVING:
            # Nothing may go out on the server's first word; it will then name the user's plugin.
            self._auth_plugin_name = "mysql_native_password"

    def _process_auth(self, plugin_name: bytes, auth_packet: Any, handler: Any = None) -> Any:
        name = plugin_name.decode("ascii", "replace")
        if name in _TELLING and not self._is_proven:
            raise ClearPasswordError
        if name not in _PROVING | _TELLING:
            raise UnknownLoginError
        if name == _DIALOG:
            return self._answer_prompts(auth_packet.read_all())
        return super()._process_auth(plugin_name, auth_packet, handler)

    def _answer_prompts(self, prompt: bytes) -> Any:
        """Give the password to each prompt for one; what else PAM may ask, we cannot know.

        PyMySQL answers one prompt, by its English words. An empty one is the server waiting for
        the password unasked (seen with MariaDB 10.11).
        """
        for _ in range(_MOST_PROMPTS):
            if prompt and not prompt[0] & _HIDDEN_INPUT:
                break
            self.write_packet(self.password + b"\0")
            answer = self._read_packet()
            if answer.is_ok_packet():
                return answer
            prompt = answer.read_all()
        raise UnknownLoginError

    def write_packet(self, payload: bytes) -> None:
        """Send a packet; not the password, nor the request that ends in it, to an unproven one."""
        is_telling = payload == self.password + b"\0" or payload in _KEY_REQUESTS
        if is_telling and self.password and not self._is_proven and not self._is_logged_in:
            raise ClearPasswordError
        super().write_packet(payload)


def _split(data: bytes, columns: list[list[bytes | None]]) -> None:
    """Cut a row into its values, each with its length before it."""
    at = 0
    for column in columns:
        size = data[at]
        at += 1
        if size > 250:
            if size == _NULL:
                column.append(None)
                continue
            width = 2 if size == 0xFC else 3 if size == 0xFD else 8
            size = int.from_bytes(data[at : at + width], "little")
            at += width
        value = data[at : at + size]
        if len(value) != size:
            raise GarbledError
        column.append(value)
        at += size
