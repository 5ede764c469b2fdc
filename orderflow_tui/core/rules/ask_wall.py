"""An ask wall: an offer above the threshold. All of a symbol's ask walls together count once towards an exit."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.rules.rule import Prior
from orderflow_tui.core.rules.wall import Wall, resting, shown_alert

PRIORS: Final[dict[str, Prior]] = {
    "ask_wall": Prior(99, 78, (13, 1, 25), (18, 5, 30)),
}

ASK_WALL: Final = resting(
    "ask_wall", plan=False, guarded=True, side="ask", mirrored="bid_wall", counted_once=True, priors=PRIORS
)


def ask_wall_alert(writer: AlertWriter, wall: Wall, time_ns: int) -> AlertRaised:
    """A large offer."""
    price, size = writer.price(wall.price), writer.sizes(wall.size)
    text = writer.words(f"Ask wall {size} @ {price}", f"Bid wall {size} @ {price}")
    return shown_alert(ASK_WALL, writer, wall, time_ns, text)
