"""The wire: paramiko's transport, with the algorithms we want and without its known faults."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

import paramiko
from paramiko.common import cMSG_CHANNEL_CLOSE
from paramiko.message import Message
from paramiko.packet import Packetizer

WINDOW_BYTES = 2 << 20
"""Larger is slower: paramiko's buffer is quadratic when its reader lags (measured at 16 MiB)."""

_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes256-ctr", "aes128-ctr")
_MACS = (
    *("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"),
    *("hmac-sha2-256", "hmac-sha2-512"),
)
# RFC 8332: one RSA key, "ssh-rsa" by type, signs by either of these; SHA-1 is out.
_RSA = ("rsa-sha2-512", "rsa-sha2-256")


class _Packets(Packetizer):
    """Asks for new keys only after 32 GiB, not after half of one.

    OpenSSH's own limit for AES is 64 GiB; a tunnel is replaced before either.
    """

    REKEY_BYTES = 32 << 30


class Wire(paramiko.Transport):
    """One SSH connection over `sock`; host keys of the `key_types` only, of all when None.

    `at_end` is called when it is over, whoever ended it.
    """

    # Not public, hence not in the stubs; super() is Any for the same reason.
    _channels: Any
    _preferred_keys: tuple[str, ...]
    _send_message: Any

    def __init__(self, sock: Any, key_types: Iterable[str] | None = None) -> None:
        self._postponed: list[Message] = []
        self.at_end: Callable[[], None] | None = None
        super().__init__(sock, default_window_size=WINDOW_BYTES, packetizer_class=_Packets)
        self.name = "ssh"
        self.set_log_channel("baselayer.ssh.paramiko")
        self._preferred_ciphers = _CIPHERS
        self._preferred_macs = _MACS
        self._host_key_algorithms = _algorithms(key_types, self._preferred_keys)

    @property
    def preferred_keys(self) -> tuple[str, ...]:
        """Return the host key algorithms to ask for; none with certificates."""
        return self._host_key_algorithms

    def run(self) -> None:
        """Read until the end, then tell it."""
        try:
            super().run()
        finally:
            if self.at_end is not None:
                self.at_end()

    def _log(self, level: int, msg: Any, *args: Any) -> None:
        """Say nothing: paramiko tells others' text and tracebacks. Errors are told as ours."""

    def _send_user_message(self, data: Message) -> None:
        """Postpone what the reading thread itself would send during a key exchange.

        It would wait for itself for 30 s and then give up (paramiko issue 822).
        """
        if threading.current_thread() is self and not self.clear_to_send.is_set():
            self._postponed.append(data)
        else:
            parent: Any = super()
            parent._send_user_message(data)

    def _parse_newkeys(self, m: Message) -> None:
        parent: Any = super()
        parent._parse_newkeys(m)
        postponed, self._postponed = self._postponed, []
        for message in postponed:
            self._send_message(message)

    def _parse_channel_open_success(self, m: Message) -> None:
        """Close a channel that opens when nobody waits for it any more."""
        position = m.packet.tell()
        ours, theirs = m.get_int(), m.get_int()
        if self._channels.get(ours) is None:
            closing = Message()
            closing.add_byte(cMSG_CHANNEL_CLOSE)
            closing.add_int(theirs)
            self._send_user_message(closing)
            return
        m.packet.seek(position)
        parent: Any = super()
        parent._parse_channel_open_success(m)


def _algorithms(key_types: Iterable[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
    if key_types is None:
        return known
    wanted = {name for kind in key_types for name in (_RSA if kind == "ssh-rsa" else (kind,))}
    return tuple(name for name in known if name in wanted)
