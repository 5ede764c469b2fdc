from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from orderflow_tui.feeds.errors import FeedError, NetworkError, RateLimitError, ServerError


def test_status_and_headers() -> None:
    error = RateLimitError(429, {"Retry-After": "7"})
    assert (error.status, error.headers["retry-after"], error.retry_after) == (429, "7", 7.0)
    assert str(error) == "HTTP 429"
    assert str(NetworkError()) == "NetworkError"


@pytest.mark.parametrize("value", ["", "soon", "nan-ish", "inf", "Thu, 99 Foo"])
def test_an_unusable_retry_after_is_none(value: Any) -> None:
    assert RateLimitError(429, {"Retry-After": value}).retry_after is None


def test_retry_after_as_a_date() -> None:
    ahead = RateLimitError(429, {"retry-after": format_datetime(datetime.now(UTC) + timedelta(seconds=60))}).retry_after
    past = RateLimitError(429, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}).retry_after
    assert ahead is not None
    assert 50 < ahead <= 60
    assert past == 0
    assert RateLimitError(429, {"retry-after": "-5"}).retry_after == 0


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (FeedError(400), "404"),
        (FeedError(401), "401"),
        (FeedError(403), "403"),
        (FeedError(404), "404"),
        (FeedError(429), "429"),
        (ServerError(502), "5xx"),
        (FeedError(302), "malformed"),
        (NetworkError(), "network"),
        (NetworkError(error_type="timeout"), "timeout"),
    ],
)
def test_the_journals_word(error: Any, word: Any) -> None:
    assert error.error_type == word


def test_messages_are_one_harmless_line() -> None:
    error = FeedError(500, {}, "a\n\x1b[31mb\u202e c https://h/p?apiKey=abc&x=1 d " + "x" * 999)
    assert str(error).startswith("a [31mb c https://h/p d xx")
    assert len(str(error)) == 200
