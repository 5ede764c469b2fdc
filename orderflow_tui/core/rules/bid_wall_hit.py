"""A bid wall that is sold into: sales at its price have taken a quarter of its peak within 30 s."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.rules.explain import why
from orderflow_tui.core.rules.rule import Prior
from orderflow_tui.core.rules.wall import Wall, resting

PRIORS: Final[dict[str, Prior]] = {
    "bid_wall_hit": Prior(31, 74, (4, -18, 25), (9, -17, 35)),
}

BID_WALL_HIT: Final = resting(
    "bid_wall_hit", plan=False, guarded=True, side="bid", mirrored="ask_wall_hit", priors=PRIORS
)
_HIT_PART: Final = 0.25


def is_hit(wall: Wall) -> bool:
    """Whether sales that are known as such have taken a quarter of its peak."""
    return wall.sold >= _HIT_PART * wall.peak


def bid_wall_hit_alert(writer: AlertWriter, wall: Wall, time_ns: int, *, at_least: bool) -> AlertRaised:
    """A bid that is sold into; `at_least` where the source shows one level in polls and more may have traded."""
    seconds = max(1, round((time_ns - wall.sells[0][0]) / NS))
    least = "at least " if at_least else ""
    price = writer.price(wall.price)
    what = writer.words("Bid wall hit", "Ask wall taken")
    part = f"{least}{writer.sizes(wall.sold)} of {writer.sizes(wall.peak)}"
    alert = writer.alert(
        BID_WALL_HIT,
        time_ns=time_ns,
        opened_ns=wall.opened_ns,
        price=wall.price,
        severity="critical",
        rank=2,
        text=f"{what}: {part} @ {price} in {seconds} s",
        size=wall.sold,
        details={"threshold": wall.threshold, "peak": wall.peak, "sold": wall.sold, "prints": len(wall.sells)}
        | wall.life(time_ns)
        | why(("part_of_peak_sold", wall.sold / wall.peak, _HIT_PART, 0.0001)),
    )
    return AlertRaised(alert, time_ns, wall.price, wall.price, len(wall.sells))
