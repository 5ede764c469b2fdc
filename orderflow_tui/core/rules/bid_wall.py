"""A bid wall: a bid above the threshold. A resting bid is a buyer; what endangers a holder is that it goes."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.rules.rule import Prior
from orderflow_tui.core.rules.wall import Wall, resting, shown_alert

PRIORS: Final[dict[str, Prior]] = {
    "bid_wall": Prior(92, 60, (-4, -18, 9), (-6, -20, 8)),
}

BID_WALL: Final = resting("bid_wall", plan=True, guarded=False, side="bid", mirrored="ask_wall", priors=PRIORS)


def bid_wall_alert(writer: AlertWriter, wall: Wall, time_ns: int) -> AlertRaised:
    """A large bid."""
    price, size = writer.price(wall.price), writer.sizes(wall.size)
    text = writer.words(f"Bid wall {size} @ {price} (support)", f"Ask wall {size} @ {price} (resistance)")
    return shown_alert(BID_WALL, writer, wall, time_ns, text)
