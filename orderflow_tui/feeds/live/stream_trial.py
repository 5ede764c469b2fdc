"""A stream tried for a moment, as `doctor --stream` does: how it stands once that is settled."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from orderflow_tui.feeds.feed import Feed, FeedMessage, FeedStatus


def stream_state(feed: Feed, symbols: Sequence[str], seconds: float) -> str:
    """How a feed's stream stands, as its status line says it, once it streams or polls, or the time is over.

    Args:
        feed: Not started yet; it is stopped.
        symbols: What it is asked for.
        seconds: How long it may take.
    """
    settled = threading.Event()
    last = [""]

    def put(message: FeedMessage) -> None:
        if isinstance(message, FeedStatus) and message.stream:
            last[0] = message.stream
            if message.stream.startswith(("stream", "poll")):
                settled.set()

    feed.start(symbols, put)
    settled.wait(seconds)
    feed.stop()
    return last[0]
