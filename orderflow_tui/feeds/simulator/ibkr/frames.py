"""Frames of text fields, as the server writes and reads them."""

from __future__ import annotations

import asyncio
from typing import Final

MAX_REQUEST: Final = 65_536


class ClientError(Exception):
    """A client that does not speak the wire."""


def frame(*fields: object) -> bytes:
    """One message."""
    body = "".join(f"{field}\0" for field in fields).encode()
    return len(body).to_bytes(4, "big") + body


async def received(reader: asyncio.StreamReader) -> list[str]:
    """The fields of the next message. Raises ClientError, or EOFError at the end of the stream."""
    return (await _body(reader)).decode("utf-8", "backslashreplace").removesuffix("\0").split("\0")


async def greeted(reader: asyncio.StreamReader) -> tuple[int, int]:
    """The versions a client offers in its first bytes. Raises ClientError, or EOFError."""
    if await reader.readexactly(4) != b"API\0":
        raise ClientError("no API client")
    offered = (await _body(reader)).decode("ascii", "replace").split(" ")[0]
    lowest, found, highest = offered.removeprefix("v").partition("..")
    if not (found and lowest.isdigit() and highest.isdigit() and len(lowest) < 6 and len(highest) < 6):
        raise ClientError("no versions")
    return int(lowest), int(highest)


async def _body(reader: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await reader.readexactly(4), "big")
    if not 0 < length <= MAX_REQUEST:
        raise ClientError("a message of no possible length")
    return await reader.readexactly(length)
