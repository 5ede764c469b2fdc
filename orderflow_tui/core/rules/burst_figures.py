"""What stands behind a red burst: enough prints, a share that holds for them, and its line in words."""

from __future__ import annotations

from math import log1p
from statistics import median
from typing import Any, Final

from orderflow_tui.core.market.volume_window import BASELINE_SECONDS, VolumeWindow
from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.units import CENT
from orderflow_tui.core.rules.alert_writer import SELL_SHARE, AlertWriter, Thresholds
from orderflow_tui.core.rules.explain import Figure, true_share, why, wilson

N_EFF_LEAST: Final = 16.0
WILSON_FLOOR: Final = 0.50
_NORMAL_MAD: Final = 0.6745
"""The median absolute deviation of a normal distribution, in standard deviations."""
_KEPT_FIGURES: Final = ("window_seconds", "baseline", "largest_print", "n_eff", "ticks_moved", "basis")


def guard_figures(window: VolumeWindow, seconds: int, share: float) -> tuple[float, float, float]:
    """`(n_eff, lower Wilson bound of the share, largest print's part)` of the window's newest seconds."""
    volume = window.volume - window.volume_through(window.head - seconds)
    if volume <= 0:
        return 0.0, 0.0, 0.0
    n_eff = volume * volume / max(1, window.squares(seconds))
    return n_eff, wilson(share, n_eff)[0], window.largest(seconds) / volume


def robust_z(window: VolumeWindow, second: int, seconds: int) -> float | None:
    """How unusual the volume of the `seconds` that end with `second` is.

    0.6745 (x - median) / MAD of log(1 + volume) over the baseline's windows of the same length (Iglewicz and
    Hoaglin 1993); None where they are all alike. O(baseline), for the rare case it is asked.
    """
    start = second - seconds
    volumes = [
        log1p(window.volume_through(end) - window.volume_through(end - seconds))
        for end in (*range(start - BASELINE_SECONDS + seconds, start + 1), second)
    ]
    usual, now = volumes[:-1], volumes[-1]
    middle = median(usual)
    spread = median(abs(volume - middle) for volume in usual)
    return _NORMAL_MAD * (now - middle) / spread if spread else None


def true_interval(window: VolumeWindow, seconds: int, share: float, accuracy: float) -> list[float]:
    """The 90 % interval of the share behind the measured one, where sides are right with this probability."""
    volume = window.volume - window.volume_through(window.head - seconds)
    low, high = wilson(share, volume * volume / max(1, window.squares(seconds)))
    return [round(true_share(low, accuracy), 4), round(true_share(high, accuracy), 4)]


def borne_out(
    window: VolumeWindow, thresholds: Thresholds, alert: OrderFlowAlert, second: int, *, unknown_sold: bool
) -> tuple[float, float, dict[str, Any]] | None:
    """Ratio, sell share and figures by the sides the window has now; None where they do not bear a burst out.

    Args:
        window: The symbol's volume by the second.
        thresholds: In force.
        alert: The burst as it was found.
        second: The whole second it was found in; n_eff does not depend on sides.
        unknown_sold: Count as sold all of which no side is known.
    """
    seconds = int(alert.details["window_seconds"])
    start = second - seconds
    volume = window.volume_through(second) - window.volume_through(start)
    base = window.volume_through(start) - window.volume_through(start - BASELINE_SECONDS)
    if volume <= 0 or base <= 0:
        return None
    ratio = volume * BASELINE_SECONDS / (base * seconds)
    sold = window.sell_through(second) - window.sell_through(start)
    if unknown_sold:
        sold = volume - (window.buy_through(second) - window.buy_through(start))
    share = sold / volume
    if ratio <= thresholds.volume_spike_threshold or share <= SELL_SHARE:
        return None
    figures = {name: alert.details[name] for name in _KEPT_FIGURES if name in alert.details}
    figures |= {"volume": volume, "prints": window.count_through(second) - window.count_through(start)}
    if "n_eff" in figures:
        low = wilson(share, figures["n_eff"])[0]
        if low < WILSON_FLOOR and not alert.single_print:
            return None
        figures["sell_share_low"] = round(low, 4)
    return ratio, share, figures


def passed_tests(
    thresholds: Thresholds, figures: dict[str, Any], ratio: float, share: float, *, single: bool
) -> dict[str, Any]:
    """The tests a burst has passed, beside their thresholds."""
    passed: list[Figure] = [
        ("volume_ratio", ratio, thresholds.volume_spike_threshold),
        ("sell_ratio", share, SELL_SHARE),
    ]
    if thresholds.profile == "guarded" and not single:
        passed += [
            ("n_eff", figures["n_eff"], N_EFF_LEAST),
            ("sell_share_low", figures["sell_share_low"], WILSON_FLOOR),
        ]
    return why(*passed)


def burst_text(
    writer: AlertWriter,
    figures: dict[str, Any],
    ratio: float,
    share: float,
    *,
    step: int = CENT,
    single: bool,
    held_back: bool,
    doubt: str,
) -> str:
    """The alert's line.

    Args:
        writer: Knows which side is held.
        figures: The window's.
        ratio: Volume over the baseline.
        share: Sellers' part of it.
        step: One tick, price units.
        single: It is mostly one print.
        held_back: It would recommend leaving if the price had not moved already.
        doubt: What is wrong with its sides, in words.
    """
    who = writer.words("sold", "bought")
    name = f"{writer.words('Heavy selling', 'Heavy buying')}: {ratio:.1f}x usual volume"
    text = f"{name} in {figures['window_seconds']} s, {share:.0%} {who}"
    if single:
        text = f"{name}, but one print of {writer.sizes(figures['largest_print'])} is most of it"
    words = price_words(figures.get("ticks_moved"), writer.mirror.sign, step)
    words += ": recommends nothing by itself" if held_back else ""
    return text + "".join(f", {more}" for more in (words, doubt) if more)


def price_words(ticks_moved: int | None, sign: int = 1, step: int = CENT) -> str:
    """Whether the price has moved yet, in the real market's direction; empty where no quote tells."""
    if ticks_moved is None:
        return ""
    if ticks_moved == 0:
        return "price has not moved yet"
    real = sign * ticks_moved
    return f"so far {real * step / CENT:+.4g}c"
