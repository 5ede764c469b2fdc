"""Retries with growing, jittered waits, cancellable and within one total deadline."""

from __future__ import annotations

import functools
import math
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar, overload

from orderflow_tui.feeds.errors import FeedStoppedError, NetworkError, RateLimitError, ServerError

if TYPE_CHECKING:
    import tenacity

P = ParamSpec("P")
R = TypeVar("R")

RETRYABLE: Final = (RateLimitError, ServerError, NetworkError, ConnectionError, TimeoutError)
"""What waiting can cure. A refused key, a missing entitlement and an unknown symbol are not among it."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, how long and how patiently.

    Attributes:
        max_retries: Attempts after the first.
        base_delay: Seconds before the first retry.
        factor: Each later wait is this many times the one before.
        max_delay: Cap of one wait without `Retry-After`, seconds.
        jitter: Each wait is drawn from this share around its value, 0 to 1.
        max_retry_after: Cap of a `Retry-After`, seconds.
        deadline: No retry begins later than this many seconds after the first attempt began.
    """

    max_retries: int = 3
    base_delay: float = 1.0
    factor: float = 2.0
    max_delay: float = 30.0
    jitter: float = 0.25
    max_retry_after: float = 60.0
    deadline: float = 90.0

    def __post_init__(self) -> None:
        if isinstance(self.max_retries, bool) or not isinstance(self.max_retries, int) or self.max_retries < 0:
            raise ValueError(f"max_retries must be a whole number, 0 or more, not {self.max_retries!r}")
        for name in ("base_delay", "max_delay", "max_retry_after", "deadline"):
            value = getattr(self, name)
            if not math.isfinite(value) or value < 0:
                raise ValueError(f"{name} must be finite seconds, 0 or more, not {value!r}")
        if not (math.isfinite(self.factor) and self.factor >= 1):
            raise ValueError(f"factor must be finite and at least 1, not {self.factor!r}")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter must be from 0 to 1, not {self.jitter!r}")

    def delay(self, failures: int, retry_after: float | None = None) -> float:
        """Seconds to wait after this many failures in a row (1 is the first); what the server asked for wins."""
        if retry_after is not None:
            return min(retry_after, self.max_retry_after)
        # The exponent is bounded because a feed that fails all night would overflow a float.
        wait = min(self.base_delay * self.factor ** min(failures - 1, 64), self.max_delay)
        return wait * (1 + self.jitter * random.uniform(-1, 1))  # noqa: S311 - spreads load, guards nothing


DEFAULT_POLICY: Final = RetryPolicy()
"""Three retries after 1, 2 and 4 seconds, a quarter either way."""


@overload
def with_retry(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def with_retry(
    *,
    policy: RetryPolicy = ...,
    stop: threading.Event | None = ...,
    on_retry: Callable[[BaseException, float], None] | None = ...,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def with_retry(
    function: Callable[P, R] | None = None,
    /,
    *,
    policy: RetryPolicy = DEFAULT_POLICY,
    stop: threading.Event | None = None,
    on_retry: Callable[[BaseException, float], None] | None = None,
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Call again after failures that waiting can cure; usable bare or with arguments.

    Args:
        function: What to call, where the decorator is used bare.
        policy: How often and how long.
        stop: Ends a wait at once when set; the call then raises `FeedStoppedError`.
        on_retry: Called before each wait with the failure and the seconds to wait.

    Returns:
        The wrapped function, or a decorator. When the retries are used up, the last failure is raised as it is.
    """
    cancelled = stop if stop is not None else threading.Event()

    def pause(seconds: float) -> None:
        if cancelled.wait(seconds):
            raise FeedStoppedError(message="stopped while waiting to try again")

    def wait(state: tenacity.RetryCallState) -> float:
        return policy.delay(state.attempt_number, getattr(_failure(state), "retry_after", None))

    def told(state: tenacity.RetryCallState) -> None:
        if on_retry is not None:
            on_retry(_failure(state), state.upcoming_sleep)

    def decorate(inner: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(inner)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            import tenacity  # noqa: PLC0415 the feed repeats its polls itself: only a caller of this pays for it

            retrying = tenacity.Retrying(
                sleep=pause,
                wait=wait,
                stop=tenacity.stop_any(
                    tenacity.stop_after_attempt(policy.max_retries + 1), tenacity.stop_before_delay(policy.deadline)
                ),
                retry=tenacity.retry_if_exception_type(RETRYABLE),
                before_sleep=told,
                reraise=True,
            )
            return retrying(inner, *args, **kwargs)

        return call

    return decorate if function is None else decorate(function)


def _failure(state: tenacity.RetryCallState) -> BaseException:
    failure = state.outcome.exception() if state.outcome is not None else None
    assert failure is not None
    return failure
