"""How each rule has done on this user's data: read from the journal in the background, kept up as outcomes come in."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Final

import msgspec

from orderflow_tui.journal.reader import JournalReader
from orderflow_tui.journal.records import ALERT_OUTCOME, ExitRecord, OutcomeRecord, Record
from orderflow_tui.support.decoding import NO_JSON
from orderflow_tui.track_record.evidence_kinds import Weight
from orderflow_tui.track_record.priors import prior_of
from orderflow_tui.track_record.rule_record import ENOUGH, RuleRecord, block_of, points_words
from orderflow_tui.track_record.worth import exit_kind, exit_worth, rule_kind

_BREATH: Final = 2_000
"""Lines after which the reader lets the screen have its turn."""
_MARK: Final = f'"event":"{ALERT_OUTCOME}"'.encode()


_decode = msgspec.json.Decoder(OutcomeRecord).decode


class TrackRecord:
    """Rules' records. A rule is demoted only where it is surely worse than chance, and in `plan` never.

    Args:
        directory: The journal; its outcomes up to now are read by `start`.
        profile: In force; the prior depends on it.
        run_id: This run's own records are not read: they come by `on_record`.
    """

    def __init__(self, directory: Path, profile: str, run_id: str = "") -> None:
        self._directory = directory
        self._profile = profile
        self._run_id = run_id
        self._lock = threading.Lock()
        self._rules: dict[str, RuleRecord] = {}

    def start(self, after_seconds: float = 0.0) -> threading.Thread:
        """Read the journal in a daemon thread, which is returned; outcomes written meanwhile come by `on_record`.

        Args:
            after_seconds: So much later: the first paint comes before it.
        """
        thread = threading.Thread(target=self._read, args=(after_seconds,), name="track-record", daemon=True)
        thread.start()
        return thread

    def on_record(self, record: Record, happened_ns: int) -> None:  # noqa: ARG002
        """A record was written; called by the monitor's thread."""
        if isinstance(record, OutcomeRecord):
            self._add(record)

    def words(self, evidence: str, basis: str = "") -> str:
        """The rule's record in one line, or that it is not known yet and what was measured elsewhere.

        Args:
            evidence: The rule's.
            basis: The kind of its evidence: where that has a record of its own, it is the one that is told.
        """
        with self._lock:
            evidence = rule_kind(self._rules, self._profile, evidence, basis)
            rule = self._rules.get(evidence) or RuleRecord()
            own, lift, n = rule.fell_share, rule.lift_random, rule.n
        if n >= ENOUGH and own is not None and lift is not None:
            points = (round(100 * lift.value), round(100 * lift.low), round(100 * lift.high))
            return f"Track record: fell {own.value:.0%} of {n:,} here, {points_words(points)}"
        prior = prior_of(self._profile, evidence)
        text = f"Track record: too few here ({n} of {ENOUGH})"
        if prior is None:
            return text
        return f"{text}; on recorded days {points_words(prior.random)}, fell {prior.fell}% of {prior.n:,}"

    def kind(self, basis: str) -> tuple[str, Weight]:
        """What a recommendation's kind of evidence was worth, in one line, and how loud that lets it be.

        The user's own record where there is enough of it, else what was measured on recorded days.
        """
        _, words = exit_kind(basis)
        if not words:
            return self.words("exit"), "calm"
        with self._lock:
            worth, weight = exit_worth(self._rules, self._profile, basis)
        return f"{words}: what it is worth is not known" if worth is None else f"{words}, {worth.words}", weight

    def of_exit(self, record: ExitRecord) -> tuple[str, Weight]:
        """As `kind`, of a recommendation; a stop is the holder's own and needs no record."""
        if record.kind == "stop":
            return "", "leads"
        return self.kind(str(record.details.get("basis", "")))

    def demoted(self, evidence: str, basis: str = "") -> bool:
        """Whether the rule, or this kind of its evidence, is labelled as weak and told more quietly."""
        if self._profile == "plan":
            return False
        with self._lock:
            rule = self._rules.get(rule_kind(self._rules, self._profile, evidence, basis))
            return rule is not None and rule.demoted

    def _read(self, after_seconds: float) -> None:
        time.sleep(after_seconds)
        for number, line in enumerate(JournalReader(self._directory).lines()):
            if not number % _BREATH:
                time.sleep(0.001)
            if _MARK not in line[:200]:
                continue
            try:
                outcome = _decode(line)
            except NO_JSON:
                continue  # `report` counts and names unreadable lines
            if outcome.run_id != self._run_id:
                self._add(outcome)

    def _add(self, outcome: OutcomeRecord) -> None:
        if not outcome.from_utc:
            return
        block = block_of(outcome.symbol, outcome.alert_utc)
        with self._lock:
            self._rules.setdefault(outcome.evidence, RuleRecord()).take(outcome, block)
            if outcome.basis:
                self._rules.setdefault(f"{outcome.evidence}:{outcome.basis}", RuleRecord()).take(outcome, block)
