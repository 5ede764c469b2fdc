"""A block: an off-exchange print above the threshold."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.events import Print
from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.rules.explain import why
from orderflow_tui.core.rules.rule import Prior, Rule, has_sizes
from orderflow_tui.core.rules.rule_part import RulePart

PRIORS: Final[dict[str, Prior]] = {
    "block": Prior(83, 59, (-2, -16, 13), (-1, -16, 15)),
}

BLOCK: Final = Rule("block", plan=None, guarded=False, live=has_sizes, large_seller=False, priors=PRIORS)


class BlockRule(RulePart):
    """Listens to off-exchange prints."""

    rows = (BLOCK,)
    __slots__ = ()

    def off_exchange(self, event: Print, side: int) -> None:  # noqa: ARG002 a block is one on either side
        """Tell a large one."""
        threshold = self.inputs.terms.print_threshold
        if event.size > threshold:
            self.inputs.say(block_alert(self.inputs.writer, event, threshold))


def block_alert(writer: AlertWriter, event: Print, threshold: int) -> AlertRaised:
    """An off-exchange print above the threshold."""
    alert = writer.alert(
        BLOCK,
        time_ns=event.time_ns,
        opened_ns=event.time_ns,
        price=event.price,
        severity="warning",
        rank=3,
        text=f"Off-exchange block: {writer.sizes(event.size)} @ {writer.price(event.price)}",
        size=event.size,
        details={
            "threshold": threshold,
            "venue": event.venue,
            "trf": event.trf,
            **why(("size", event.size, threshold)),
        },
    )
    return AlertRaised(alert, event.time_ns, event.price, event.price, 1)
