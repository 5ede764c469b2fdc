"""What may be sent to TWS or IB Gateway: requests for market data, and nothing else."""

from __future__ import annotations

from typing import Final

from orderflow_tui.feeds.ibkr.wire import LENGTH_BYTES, NEWEST, OLDEST

# Outgoing messages. What is not listed here cannot be framed: there is no way to send an order, to cancel one, to
# exercise an option or to change an account.
QUOTES, END_QUOTES, DETAILS, DEPTH, END_DEPTH, TIME, DATA_TYPE, HELLO, VENUES, HISTORY, TICKS, END_TICKS = (
    1, 2, 9, 10, 11, 49, 59, 71, 82, 96, 97, 98,
)  # fmt: skip
ALLOWED: Final = frozenset(
    {QUOTES, END_QUOTES, DETAILS, DEPTH, END_DEPTH, TIME, DATA_TYPE, HELLO, VENUES, HISTORY, TICKS, END_TICKS}
)


class NotAllowedError(ValueError):
    """Somebody tried to send what is not a request for market data."""


def hello() -> bytes:
    """The first bytes of a connection: the versions this client reads."""
    return b"API\0" + framed(f"v{OLDEST}..{NEWEST}".encode())


def framed(body: bytes) -> bytes:
    """A body behind its length."""
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def request(message: int, *fields: object) -> bytes:
    """One message to the server.

    Raises:
        NotAllowedError: Its number is not in `ALLOWED`, or a field would read as two.
    """
    if message not in ALLOWED:
        raise NotAllowedError(f"message {message} is not a request for market data and is not sent")
    texts = [str(field) for field in (message, *fields)]
    if any("\0" in text for text in texts):
        raise NotAllowedError("a field with a NUL in it is not sent")
    return framed("".join(f"{text}\0" for text in texts).encode())
