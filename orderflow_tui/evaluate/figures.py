"""From day results to what is said of rules and thresholds, and to thresholds that fit a budget of alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from orderflow_tui.evaluate.symbol_day import DayResult, Rules
from orderflow_tui.report.figures import Figures
from orderflow_tui.track_record.rule_record import RuleRecord

SESSION_HOURS: Final = 6.5


class Sum(Struct):
    """Several day results together."""

    days: int
    hours: float
    alerts: Counter[str]
    acts: int
    exits: int
    records: dict[str, RuleRecord]
    saved_bp: float
    saved_n: int
    random_bp: float
    random_n: int
    falls: int
    met: int
    chance: float
    repeated: int = 0

    @property
    def alarms_a_day(self) -> float:
        """Exit recommendations in a session of 6.5 hours."""
        return self.exits / self.hours * SESSION_HOURS if self.hours else 0.0

    def figures(self) -> Figures:
        """For JSON; rates are for a session of 6.5 hours."""
        scale = SESSION_HOURS / self.hours if self.hours else 0.0
        return {
            "days": self.days,
            "hours": round(self.hours, 3),
            "alerts_a_day": {name: round(count * scale, 2) for name, count in self.alerts.most_common()},
            "acts_an_hour": round(self.acts / self.hours, 2) if self.hours else None,
            "exits_a_day": round(self.alarms_a_day, 2),
            "by_rule": {name: rule.figures() for name, rule in sorted(self.records.items())},
            "saved_bp_net_of_half_a_spread": _mean(self.saved_bp, self.saved_n),
            "saved_bp_at_random_instants": _mean(self.random_bp, self.random_n),
            "falls_that_hurt": self.falls,
            "of_them_left_in_time": self.met,
            "by_chance": round(self.chance, 2),
            "repeated_rows": self.repeated,
        }


def total(results: Iterable[DayResult]) -> Sum:
    """Add results up."""
    found = Sum(0, 0.0, Counter(), 0, 0, {}, 0.0, 0, 0.0, 0, 0, 0, 0.0)
    for result in results:
        found.days += 1
        found.hours += result.hours
        found.alerts.update(result.alerts)
        found.acts += result.acts
        found.exits += result.exits
        for name, rule in result.records.items():
            found.records.setdefault(name, RuleRecord()).merge(rule)
        found.saved_bp += result.saved_bp
        found.saved_n += result.saved_n
        found.random_bp += result.random_bp
        found.random_n += result.random_n
        found.falls += result.falls
        found.met += result.met
        found.chance += result.chance
        found.repeated += result.repeated
    return found


def comparison(results: Sequence[DayResult], held_back: int = 0) -> list[Figures]:
    """One entry a set of thresholds: all symbols together, and the mirrored witness beside.

    Args:
        results: Of the days.
        held_back: So many last days of each symbol stand apart, in `held_back`, and are no part of the rest;
            `every_day` then has all together.
    """
    days: dict[str, set[str]] = {}
    for result in results:
        days.setdefault(result.symbol, set()).add(result.day)
    kept = {(symbol, day) for symbol, found in days.items() for day in sorted(found)[len(found) - held_back :]}
    entries: list[Figures] = []
    for rules in dict.fromkeys(result.rules for result in results):
        mine = [result for result in results if result.rules == rules]
        apart = [one for one in mine if (one.symbol, one.day) in kept] if held_back else []
        entry = {"thresholds": rules.label, **_both_ways([one for one in mine if one not in apart])}
        entry["held_back"] = _both_ways(apart) if apart else None
        entry["every_day"] = _both_ways(mine) if apart else None
        entries.append(entry)
    return entries


def _both_ways(results: Sequence[DayResult]) -> Figures:
    straight = [one for one in results if not one.mirrored]
    mirrored = [one for one in results if one.mirrored]
    return {
        **total(straight).figures(),
        "exits_by_day": {f"{one.symbol} {one.day}": one.exits for one in straight},
        "mirrored": total(mirrored).figures() if mirrored else None,
    }


class Proposal(Struct, frozen=True):
    """Thresholds for one symbol, chosen on its earlier days and judged on its later ones.

    Attributes:
        symbol: The name.
        rules: The thresholds chosen; None where no choice kept the budget.
        chosen_on: Days they were chosen on.
        training: What they did there.
        held_out: What they did on the days kept back.
        why: Why there is no proposal, or empty.
    """

    symbol: str
    rules: Rules | None
    chosen_on: int
    training: Sum | None
    held_out: Sum | None
    why: str = ""

    def figures(self) -> Figures:
        """For JSON."""
        return {
            "symbol": self.symbol,
            "thresholds": None if self.rules is None else self.rules.label,
            "days_chosen_on": self.chosen_on,
            "training": None if self.training is None else self.training.figures(),
            "held_out": None if self.held_out is None else self.held_out.figures(),
            "why_not": self.why or None,
        }

    def toml(self) -> str:
        """The table for `orderflow.toml`."""
        if self.rules is None:
            return f"# {self.symbol}: {self.why}\n"
        rules = self.rules
        return (
            f"[symbols.{_quoted(self.symbol)}]\n"
            f"large_order_size_threshold = {rules.large_order_size_threshold}\n"
            f"volume_spike_threshold = {rules.volume_spike_threshold}\n"
            f"red_burst_threshold = {rules.red_burst_threshold}\n"
        )


def proposals(results: Sequence[DayResult], budget: float) -> list[Proposal]:
    """For each symbol the thresholds that keep within `budget` alarms a day and had the surest lift on earlier days.

    The later half of a symbol's days is held out: it takes no part in the choice and is what the proposal is judged by.
    """
    straight = [result for result in results if not result.mirrored]
    return [_proposal(symbol, straight, budget) for symbol in sorted({result.symbol for result in straight})]


def _proposal(symbol: str, results: Sequence[DayResult], budget: float) -> Proposal:
    mine = [result for result in results if result.symbol == symbol]
    days = sorted({result.day for result in mine})
    if len(days) < 2:
        return Proposal(symbol, None, 0, None, None, "one day cannot be split: give two days at least")
    early = set(days[: (len(days) + 1) // 2])
    best: tuple[tuple[float, float], Rules, Sum] | None = None
    for rules in dict.fromkeys(result.rules for result in mine):
        found = total(one for one in mine if one.rules == rules and one.day in early)
        if found.alarms_a_day > budget:
            continue
        rank = (_surest_lift(found), found.alarms_a_day)
        if best is None or rank > best[0]:
            best = (rank, rules, found)
    if best is None:
        return Proposal(symbol, None, len(early), None, None, f"no choice kept within {budget:g} alarms a day")
    _, rules, training = best
    later = total(one for one in mine if one.rules == rules and one.day not in early)
    return Proposal(symbol, rules, len(early), training, later)


def _surest_lift(found: Sum) -> float:
    """The lower end of the exits' lift on random instants; what never spoke, or has no controls, is worth nothing."""
    rule = found.records.get("exit")
    own = rule.lift_random if rule is not None else None
    return own.low if own is not None else -1.0


def _mean(value: float, n: int) -> float | None:
    return round(value / n, 3) if n else None


def _quoted(symbol: str) -> str:
    return f'"{symbol}"' if "." in symbol else symbol
