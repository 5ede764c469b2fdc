from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from orderflow_tui.feeds.errors import (
    AuthError,
    FeedError,
    FeedStoppedError,
    NetworkError,
    NotEntitledError,
    RateLimitError,
    ServerError,
    SymbolNotFoundError,
)
from orderflow_tui.feeds.live.retry import DEFAULT_POLICY, RetryPolicy, with_retry

QUICK = RetryPolicy(base_delay=0.001, max_delay=0.01)


class Flaky:
    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    def __call__(self, value: int = 7) -> int:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return value


@pytest.mark.parametrize(
    "error", [RateLimitError(429), ServerError(503), NetworkError(), ConnectionError(), TimeoutError()]
)
def test_what_waiting_can_cure_is_tried_again(error: Any) -> None:
    flaky = Flaky(error, error, error)
    assert with_retry(policy=QUICK)(flaky)(9) == 9
    assert flaky.calls == 4


@pytest.mark.parametrize(
    "error", [AuthError(401), NotEntitledError(403), SymbolNotFoundError(404), FeedError(418), KeyError()]
)
def test_what_waiting_cannot_cure_is_not(error: Any) -> None:
    flaky = Flaky(error)
    with pytest.raises(type(error)):
        with_retry(policy=QUICK)(flaky)()
    assert flaky.calls == 1


def test_the_last_failure_comes_out_as_it_is() -> None:
    flaky = Flaky(*[ServerError(500 + n) for n in range(9)])
    with pytest.raises(ServerError) as caught:
        with_retry(policy=QUICK)(flaky)()
    assert (flaky.calls, caught.value.status) == (4, 503)


def test_bare_use_keeps_name_and_doc() -> None:
    @with_retry
    def fetch(value: int) -> int:
        """Doc."""
        return value

    assert (fetch(3), fetch.__name__, fetch.__doc__) == (3, "fetch", "Doc.")


def test_waits_grow_and_retry_after_wins() -> None:
    waits: list[float] = []
    policy = RetryPolicy(base_delay=0.001, jitter=0.0, max_retry_after=0.02)
    flaky = Flaky(ServerError(500), RateLimitError(429, {"Retry-After": "3600"}), NetworkError())
    with_retry(policy=policy, on_retry=lambda _, seconds: waits.append(seconds))(flaky)()
    assert waits == [0.001, 0.02, 0.004]


def test_default_waits_are_one_two_four_with_jitter() -> None:
    assert [RetryPolicy(jitter=0).delay(n) for n in (1, 2, 3)] == [1, 2, 4]
    drawn = [DEFAULT_POLICY.delay(1) for _ in range(200)]
    assert 0.75 <= min(drawn) < 0.95
    assert 1.05 < max(drawn) <= 1.25
    assert DEFAULT_POLICY.max_retries == 3
    assert RetryPolicy(jitter=0).delay(10**6) == 30


def test_no_retry_begins_after_the_deadline() -> None:
    flaky = Flaky(*[ServerError(500)] * 9)
    with pytest.raises(ServerError):
        with_retry(policy=RetryPolicy(base_delay=0.05, jitter=0, deadline=0.07))(flaky)()
    assert flaky.calls == 2


def test_a_wait_ends_at_once_when_stopped() -> None:
    stop = threading.Event()
    flaky = Flaky(*[ServerError(500)] * 9)
    timer = threading.Timer(0.05, stop.set)
    timer.start()
    begun = time.monotonic()
    with pytest.raises(FeedStoppedError):
        with_retry(policy=RetryPolicy(base_delay=20), stop=stop)(flaky)()
    assert time.monotonic() - begun < 10
    assert flaky.calls == 1
    timer.join()


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_retries": -1},
        {"max_retries": 1.5},
        {"max_retries": True},
        {"base_delay": -1.0},
        {"base_delay": float("nan")},
        {"factor": 0.5},
        {"factor": float("inf")},
        {"jitter": 1.1},
        {"jitter": float("nan")},
        {"deadline": float("inf")},
        {"max_delay": -0.1},
        {"max_retry_after": -1},
    ],
)
def test_a_policy_refuses_nonsense(wrong: Any) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RetryPolicy(**wrong)


def test_a_policy_is_frozen() -> None:
    with pytest.raises(AttributeError):
        DEFAULT_POLICY.max_retries = 9  # type: ignore[misc]
