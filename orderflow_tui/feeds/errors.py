"""What a feed can fail with. Messages are one line and hold no key, no URL query and no control character."""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orderflow_tui.feeds.feed import ErrorType
from orderflow_tui.support.masking import masked

MESSAGE_LIMIT: Final = 200
READ_LIMIT: Final = 8_192
"""Of a longer text only the beginning is looked at."""
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_QUERY: Final = re.compile(r"(https?://[^\s?#]*)[?#]\S*")
_SPACES: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def one_line(text: str) -> str:
    """Text from outside as one harmless line: no secret, no URL query, no control or direction character."""
    return _QUERY.sub(r"\1", _SPACES.sub(" ", masked(text[:READ_LIMIT]))).strip()[:MESSAGE_LIMIT]


class FeedError(Exception):
    """A request that failed.

    Attributes:
        status: HTTP status, 0 where there was none.
        headers: The answer's headers, names in lower case.
    """

    def __init__(
        self,
        status: int = 0,
        headers: Mapping[str, str] = _NOTHING,
        message: str = "",
        *,
        error_type: ErrorType | None = None,
    ) -> None:
        self.status = status
        self.headers: Mapping[str, str] = MappingProxyType({name.lower(): value for name, value in headers.items()})
        self._error_type = error_type
        super().__init__(one_line(message) or (f"HTTP {status}" if status else type(self).__name__))

    @property
    def retry_after(self) -> float | None:
        """Seconds the server asked to wait (`Retry-After`, as a number or a date), None where it did not."""
        value = self.headers.get("retry-after", "").strip()
        if not value:
            return None
        try:
            seconds = float(value)
        except ValueError:
            try:
                seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
            except ValueError:
                return None
        return max(seconds, 0.0) if seconds < float("inf") else None

    @property
    def error_type(self) -> ErrorType:
        """The journal's word for it."""
        if self._error_type is not None:
            return self._error_type
        if self.status >= 500:
            return "5xx"
        by_status: dict[int, ErrorType] = {400: "404", 401: "401", 403: "403", 404: "404", 429: "429"}
        return by_status.get(self.status, "malformed" if self.status else "network")


class AuthError(FeedError):
    """401: the key is refused. Nothing else will work either."""


class NotEntitledError(FeedError):
    """403: this is not in the key's plan."""


class SymbolNotFoundError(FeedError):
    """400 or 404 about a symbol."""


class RateLimitError(FeedError):
    """429: too many requests."""


class ServerError(FeedError):
    """5xx."""


class NetworkError(FeedError):
    """No answer, or only part of one; `error_type` is `timeout` or `network`."""


class PayloadError(FeedError):
    """An answer that cannot be read at all: not JSON of the expected form, a broken or bloated encoding."""

    @property
    def error_type(self) -> ErrorType:
        """Always `malformed`."""
        return "malformed"


class FeedStoppedError(FeedError):
    """The feed was asked to stop while a request waited."""
