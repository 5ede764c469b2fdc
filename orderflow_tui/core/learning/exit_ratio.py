"""The volume ratio above which a burst recommends leaving: what a symbol's bursts pass about three times a session.

Learnt from up to five sessions, the newest weighted most, and from today as it goes on. Each part is bounded, so that
one wild day cannot deafen the next one and one calm day cannot make it loud:

- A session counts with the ratio its bursts passed three times, at least the threshold. The geometric mean of the
  sessions is taken with weights of 0.8 to the power of their age, together with one session of an unknown symbol, at
  one and a half times the threshold.
- Today counts by its rate: when a part f of the session is over, the ratio that was passed 3 f times, rounded up.
- The larger one is in force, from the threshold up to three times the threshold, four times by today's own bursts.

How these were chosen, and on which days, stands in docs/rules.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, exp, log
from typing import Final

PASSES: Final = 3
SESSIONS: Final = 5
AGE_WEIGHT: Final = 0.8
_UNKNOWN_SYMBOL: Final = 1.5
_MOST: Final = 3.0
_MOST_TODAY: Final = 4.0
"""A wild day is met by its own bursts; that they cannot raise it further keeps a crash after them loud."""


def learnt_ratio(newest_first: Sequence[float], threshold: float) -> float:
    """What the ratios of earlier sessions teach (0 for one that passed none three times); the threshold without any."""
    ratios = [max(ratio, threshold) for ratio in newest_first[:SESSIONS]]
    if not ratios:
        return threshold
    weights = [AGE_WEIGHT**age for age in range(len(ratios))]
    logs = sum(weight * log(ratio) for weight, ratio in zip(weights, ratios, strict=True))
    return exp((logs + log(_UNKNOWN_SYMBOL * threshold)) / (sum(weights) + 1.0))


def ratio_in_force(earlier: Sequence[float], today: Sequence[float], part: float, threshold: float) -> float:
    """The exit ratio now.

    Args:
        earlier: The ratios that earlier sessions' bursts passed three times, newest first.
        today: The highest ratios of today's bursts, highest first.
        part: How much of the session is over, 0 to 1.
        threshold: The configured one.
    """
    rank = max(1, ceil(PASSES * min(1.0, part)))
    by_today = today[rank - 1] if len(today) >= rank else 0.0
    by_earlier = min(_MOST * threshold, learnt_ratio(earlier, threshold))
    return max(threshold, by_earlier, min(_MOST_TODAY * threshold, by_today))
