"""How a screen gets in: a Unix socket of the owner's; where a system has none, a loopback port behind a secret.

The secret stands in a file in the place of the socket, which only its owner can read. Both ends prove that they know
it without sending it, so that neither a stranger's screen gets in nor a screen into a stranger's engine.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from contextlib import suppress
from typing import Final

from orderflow_tui.engine.protocol import exactly
from orderflow_tui.engine.runtime_folder import EngineError, EnginePlace
from orderflow_tui.support.atomic_file import replace_file
from orderflow_tui.support.bounded_file import read_bounded

UNIX_SOCKETS: Final = sys.platform != "win32"
_CONNECT_SECONDS: Final = 2.0
_HERE: Final = "127.0.0.1"
_SECRET_BYTES: Final = 32
_NONCE_BYTES: Final = 16
_PROOF_BYTES: Final = 32
_LONGEST_ADDRESS: Final = 200


class EngineListener:
    """The engine's side: what screens connect to.

    Args:
        place: The engine's.
        backlog: Screens that may wait.
        loopback: A port and a secret, as where there are no Unix sockets.

    Raises:
        OSError: The socket cannot be made.
    """

    def __init__(self, place: EnginePlace, *, backlog: int, loopback: bool = not UNIX_SOCKETS) -> None:
        self._place = place
        self._secret = os.urandom(_SECRET_BYTES) if loopback else b""
        place.socket.unlink(missing_ok=True)  # an engine that was killed leaves it; the lock says it is gone
        self._listener = socket.socket(socket.AF_INET if loopback else socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            (self._bind_to_port if loopback else self._bind_to_path)()
            self._listener.listen(backlog)
        except BaseException:
            self._listener.close()
            raise

    def _bind_to_path(self) -> None:
        mask = os.umask(0o177)
        try:
            self._listener.bind(str(self._place.socket))
        finally:
            os.umask(mask)

    def _bind_to_port(self) -> None:
        self._listener.bind((_HERE, 0))
        replace_file(self._place.socket, f"{self._listener.getsockname()[1]} {self._secret.hex()}\n".encode())

    def accept(self) -> socket.socket:
        """The next connection, of whomever. Raises OSError when the door is closed."""
        link, _ = self._listener.accept()
        return link

    def admits(self, link: socket.socket) -> bool:
        """Whether the other end is this user's. Raises OSError where it says nothing in the link's time."""
        if self._secret:
            return _admits_by_secret(link, self._secret)
        return _same_user(link)

    def close(self) -> None:
        """Let nobody in any more."""
        self._place.socket.unlink(missing_ok=True)
        with suppress(OSError):  # not every system can; on Linux a thread would go on waiting in `accept`
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def connect(place: EnginePlace) -> socket.socket:
    """A connection to the engine, by whichever door it has.

    Raises:
        EngineError: None runs there.
    """
    try:
        if place.socket.is_file():
            return _to_port(*address(read_bounded(place.socket, _LONGEST_ADDRESS, follow_link=False)))
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        return _connected(link, str(place.socket))
    except OSError:
        raise EngineError(
            "no engine is running here: start one with `orderflow-tui` or `orderflow-tui headless`"
        ) from None


def _connected(link: socket.socket, where: str | tuple[str, int]) -> socket.socket:
    link.settimeout(_CONNECT_SECONDS)
    try:
        link.connect(where)
    except OSError:
        link.close()
        raise
    return link


def _to_port(port: int, secret: bytes) -> socket.socket:
    link = _connected(socket.socket(socket.AF_INET, socket.SOCK_STREAM), (_HERE, port))
    try:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _prove_each_other(link, secret)
    except BaseException:
        link.close()
        raise
    return link


def _prove_each_other(link: socket.socket, secret: bytes) -> None:
    import hmac  # noqa: PLC0415 loads OpenSSL, which a screen on a Unix socket does without

    nonce = os.urandom(_NONCE_BYTES)
    link.sendall(nonce)
    answer = exactly(link, _PROOF_BYTES + _NONCE_BYTES)
    if not answer:
        raise ConnectionResetError
    if not hmac.compare_digest(answer[:_PROOF_BYTES], _proof(secret, b"engine", nonce)):
        raise EngineError("another program listens where the engine was: start the engine again")
    link.sendall(_proof(secret, b"screen", answer[_PROOF_BYTES:]))


def _admits_by_secret(link: socket.socket, secret: bytes) -> bool:
    import hmac  # noqa: PLC0415

    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    asked = exactly(link, _NONCE_BYTES)
    nonce = os.urandom(_NONCE_BYTES)
    link.sendall(_proof(secret, b"engine", asked) + nonce)
    return hmac.compare_digest(exactly(link, _PROOF_BYTES), _proof(secret, b"screen", nonce))


def _proof(secret: bytes, who: bytes, nonce: bytes) -> bytes:
    import hmac  # noqa: PLC0415

    return hmac.digest(secret, who + nonce, "sha256")


def _same_user(link: socket.socket) -> bool:
    """The folder and the socket allow no other already."""
    peer = _peer(link)
    return peer is None or peer[1] == os.geteuid()


def process_of(link: socket.socket) -> int:
    """The process at the other end of a Unix socket of this machine; 0 where the system does not say."""
    peer = _peer(link)
    return peer[0] if peer is not None else 0


def _peer(link: socket.socket) -> tuple[int, int] | None:
    """Process and user at the other end; None where the system does not say."""
    if sys.platform != "linux" or link.family != socket.AF_UNIX:
        return None
    pid, uid, _ = struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return pid, uid


def address(content: bytes) -> tuple[int, bytes]:
    """Port and secret of a loopback door. Raises EngineError where it is no such file."""
    port, _, secret = content.decode("ascii", "replace").strip().partition(" ")
    try:
        number, key = int(port), bytes.fromhex(secret)
    except ValueError:
        number, key = 0, b""
    if not 0 < number < 1 << 16 or len(key) != _SECRET_BYTES:
        raise EngineError("the file of the engine's port is damaged: end the engine and start it again")
    return number, key
