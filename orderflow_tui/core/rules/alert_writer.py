"""What every rule shares: the thresholds it is held against, and how an alert is written."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from orderflow_tui.core.model.data_models import OrderFlowAlert, Severity
from orderflow_tui.core.model.units import price_decimal, price_text, utc_datetime
from orderflow_tui.core.rules.rule import Profile, Rule
from orderflow_tui.core.short_as_long import Mirror

SELL_SHARE: Final = 0.60
"""A burst is red when more than this share of its volume was started by sellers."""
CRITICAL_FACTOR: Final = 1.5
"""A resting size is critical from 1.5 times the threshold (the plan's example: 15,000 at 10,000)."""


_LONG: Final = Mirror()


class Thresholds(Protocol):
    """What the core asks of a configuration."""

    @property
    def large_order_size_threshold(self) -> int:
        """T in shares."""
        ...

    @property
    def volume_spike_threshold(self) -> float:
        """A burst's least ratio to its baseline (3.0 is "300 %")."""
        ...

    @property
    def red_burst_threshold(self) -> float:
        """The ratio above which a burst alone recommends leaving."""
        ...

    @property
    def alert_window_seconds(self) -> int:
        """How far back counted alerts reach, inclusive."""
        ...

    @property
    def bucket_seconds(self) -> int:
        """B, the burst's window in seconds."""
        ...

    @property
    def profile(self) -> Profile:
        """`plan` (the rules literally) or `guarded`."""
        ...


class AlertWriter:
    """Writes the alerts of one symbol: names, sides and texts, mirrored back for a short position.

    Args:
        symbol: Ticker.
        profile: Decides what counts.
        mirror: Turns back what a short position's rules say.
        size_scale: Size units in one share or coin.
    """

    __slots__ = ("depth_source", "mirror", "profile", "size_scale", "symbol")

    def __init__(self, symbol: str, profile: Profile, mirror: Mirror = _LONG, size_scale: int = 1) -> None:
        self.symbol = symbol
        self.profile: Profile = profile
        self.mirror = mirror
        self.size_scale = size_scale
        self.depth_source = ""
        """Which other source the book comes from; what rests on a book names it."""

    def evidence_name(self, rule: Rule) -> str:
        """The name the journal shows for a rule's evidence."""
        return self.mirror.words(rule.evidence, rule.mirrored or rule.evidence)

    def side_name(self, rule: Rule) -> str:
        """Which side of the real book the evidence is about: `bid`, `ask`, or the aggressor for tape rules."""
        return self.mirror.side(rule.side)

    def episode_id(self, rule: Rule, price: int, opened_ns: int) -> str:
        """`symbol:evidence:side:price:opened_ns`."""
        name, side = self.evidence_name(rule), self.side_name(rule)
        return f"{self.symbol}:{name}:{side}:{self.price(price)}:{opened_ns}"

    def sizes(self, size: float) -> str:
        """A size as text, thousands separated."""
        if self.size_scale == 1:
            return f"{int(size):,}"
        return f"{size / self.size_scale:,.4f}".rstrip("0").rstrip(".")

    def words(self, long: str, short: str) -> str:
        """The wording for the side that is held."""
        return self.mirror.words(long, short)

    def price(self, level: int) -> str:
        """A real price as text."""
        return price_text(self.mirror.price(level))

    def alert(
        self,
        rule: Rule,
        *,
        time_ns: int,
        price: int,
        opened_ns: int,
        severity: Severity,
        rank: int,
        text: str,
        size: int | None = None,
        ratio: float | None = None,
        sell_ratio: float | None = None,
        exit_eligible: bool = False,
        single_print: bool = False,
        details: Mapping[str, object] | None = None,
    ) -> OrderFlowAlert:
        """One alert; `price` and `size` in core units, possibly mirrored."""
        figures = dict(details or {})
        if self.depth_source and rule.on_book:
            figures["depth_source"] = self.depth_source
        shares = size if size is None or self.size_scale == 1 else round(size / self.size_scale)
        return OrderFlowAlert(
            symbol=self.symbol,
            alert_type=rule.alert_type,
            severity=severity,
            order_size=shares,
            price_level=price_decimal(self.mirror.price(price)),
            volume_ratio=None if ratio is None else round(ratio, 4),
            timestamp_utc=utc_datetime(time_ns),
            evidence=self.evidence_name(rule),
            sell_ratio=None if sell_ratio is None else round(sell_ratio, 4),
            episode_id=self.episode_id(rule, price, opened_ns),
            counts=rule.counts(self.profile) and not single_print,
            rank=rank,
            exit_eligible=exit_eligible,
            single_print=single_print,
            against=self.mirror.against,
            text=text,
            details=MappingProxyType(figures),
        )
