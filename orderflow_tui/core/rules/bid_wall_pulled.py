"""A bid wall that is pulled: gone while in sight throughout, less than a tenth of it traded."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.rules.explain import why
from orderflow_tui.core.rules.rule import Prior, Rule, sees_pulls
from orderflow_tui.core.rules.wall import HIT_NS, Wall

PRIORS: Final[dict[str, Prior]] = {
    "bid_wall_pulled": Prior(14, 57, (-4, -36, 29), (-17, -49, 20)),
}

BID_WALL_PULLED: Final = Rule(
    "bid_wall_pulled", plan=False, guarded=True, live=sees_pulls, side="bid", mirrored="ask_wall_pulled", on_book=True,
    priors=PRIORS,
)  # fmt: skip
_PULLED_PART: Final = 0.1


def was_pulled(wall: Wall) -> bool:
    """Whether a wall that is gone was withdrawn: never out of sight, never sold into, hardly traded."""
    if not wall.continuous or wall.hit:
        return False
    wall.forget_before(wall.gone_ns - HIT_NS)
    return wall.traded < _PULLED_PART * wall.size


def bid_wall_pulled_alert(writer: AlertWriter, wall: Wall) -> AlertRaised:
    """A bid that was withdrawn."""
    price, traded = writer.price(wall.price), wall.traded
    what = writer.words("Bid wall pulled", "Ask wall pulled")
    part = f"{writer.sizes(traded)} of it" if traded else "none"
    alert = writer.alert(
        BID_WALL_PULLED,
        time_ns=wall.gone_ns,
        opened_ns=wall.opened_ns,
        price=wall.price,
        severity="critical",
        rank=2,
        text=f"{what}: {writer.sizes(wall.size)} @ {price}, {part} traded",
        size=wall.size,
        details={"threshold": wall.threshold, "peak": wall.peak, "traded": traded}
        | wall.life(wall.gone_ns)
        | why(("part_traded", traded / wall.size, _PULLED_PART)),
    )
    return AlertRaised(alert, wall.gone_ns, wall.price, wall.price)
