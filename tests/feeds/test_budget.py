from __future__ import annotations

import threading
from bisect import bisect_left
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow_tui.feeds.live.budget import RateLimiter


class Time:
    """A clock that waiting moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.stopped = False

    def __call__(self) -> float:
        return self.now

    def is_set(self) -> bool:
        return self.stopped

    def wait(self, timeout: float | None = None) -> bool:
        # Whole microseconds upward: a real wait never ends early enough to matter.
        self.now += max(timeout or 0.0, 1e-6)
        return self.stopped


@given(
    rate=st.one_of(st.floats(0.05, 30, allow_nan=False), st.sampled_from([0.0833, 1.0, 2.5, 5.0])),
    pauses=st.lists(st.floats(0, 2.5), max_size=60),
)
@settings(deadline=None)
def test_never_more_than_allowed_and_never_later_than_must_be(rate: Any, pauses: Any) -> None:
    time = Time()
    limiter = RateLimiter(rate, clock=time)
    allowed, window = max(int(rate), 1), 1.0 if rate >= 1 else 1 / rate
    starts: list[float] = []
    for pause in pauses:
        time.now += pause
        asked = time.now
        assert limiter.acquire(time)
        starts.append(time.now)
        earliest = max(asked, starts[-1 - allowed] + window) if len(starts) > allowed else asked
        assert earliest - 1e-9 <= time.now <= earliest + 1e-5
    for index, start in enumerate(starts):
        assert bisect_left(starts, start + window - 1e-6) - index <= allowed


def test_first_come_first_served() -> None:
    limiter = RateLimiter(50)
    for _ in range(50):
        limiter.acquire()
    served: list[int] = []

    def take(number: int) -> None:
        limiter.acquire()
        served.append(number)

    waiting: list[threading.Thread] = []
    for number in range(5):
        thread = threading.Thread(target=take, args=(number,))
        thread.start()
        waiting.append(thread)
        while len(limiter._queue) < number + 1:
            thread.join(0.001)
    for thread in waiting:
        thread.join(60)
    assert served == [0, 1, 2, 3, 4]


def test_a_cancelled_wait_takes_no_start() -> None:
    limiter = RateLimiter(0.5)
    assert limiter.acquire()
    stop = threading.Event()
    answers: list[bool] = []
    threads = [threading.Thread(target=lambda: answers.append(limiter.acquire(stop))) for _ in range(3)]
    for thread in threads:
        thread.start()
    stop.set()
    for thread in threads:
        thread.join(60)
    assert answers == [False] * 3
    assert limiter.starts_last_second() == 1


def test_a_hold_stops_everybody_and_only_grows() -> None:
    time = Time()
    limiter = RateLimiter(5, clock=time)
    limiter.hold(10)
    limiter.hold(3)
    assert limiter.held_for() == 10
    assert limiter.acquire(time)
    assert 10 <= time.now < 10.001
    assert limiter.held_for() == 0


def test_the_margin_is_added_to_the_second() -> None:
    time = Time()
    limiter = RateLimiter(1, clock=time, margin=0.25)
    limiter.acquire(time)
    limiter.acquire(time)
    assert 1.25 <= time.now < 1.2501
    time.now += 10
    assert limiter.starts_last_second() == 0


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_a_rate_is_positive_and_finite(rate: Any) -> None:
    with pytest.raises(ValueError):
        RateLimiter(rate)


def test_a_plan_that_is_known_later_changes_the_rate_and_forgets_no_start() -> None:
    time = Time()
    limiter = RateLimiter(2, clock=time)
    assert limiter.acquire(time)
    assert limiter.acquire(time)
    limiter.set_rate(3)
    assert limiter.per_second == 3
    before = time()
    assert limiter.acquire(time)
    assert time() == before
    assert limiter.acquire(time)
    assert time() >= before + 1
