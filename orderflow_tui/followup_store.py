"""Alerts whose outcome is not known yet, kept over a restart beside the journal: `<log dir>/followups.json`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from orderflow_tui.core.outcomes import FollowUp, Outcomes, outcome
from orderflow_tui.core.outputs import AlertOutcome
from orderflow_tui.core.symbol_core import SymbolCore
from orderflow_tui.core.units import NS
from orderflow_tui.private_file import replace_file

_SAVE_NS: Final = 60 * NS
"""What is followed is written when something was added or settled, and so often in between."""
_decode = msgspec.json.Decoder(list[FollowUp]).decode


class FollowUpStore:
    """Reads once, writes as time goes on; `problem` says what could not be read or written.

    Args:
        directory: The journal's directory.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / "followups.json"
        self._saved_ns = 0
        self.problem = ""

    def restore_into(self, cores: Mapping[str, SymbolCore], now_ns: int) -> list[AlertOutcome]:
        """Give each core what it followed; returns the outcomes of what nothing watches any more."""
        over: list[AlertOutcome] = []
        for follow in self._read():
            core = cores.get(follow.symbol)
            if core is not None and core.outcomes is not None and core.writer.against == follow.against:
                core.outcomes.restore([follow])
            else:
                follow.gap = True
                over.append(outcome(follow, now_ns, truncated=True))
        return over

    def keep(self, followed: list[Outcomes], now_ns: int, *, now: bool = False) -> None:
        """Write what is followed, if it is time."""
        changed = any(one.changed for one in followed)
        pending = any(one.pending for one in followed)
        if not (now or changed or (pending and now_ns - self._saved_ns >= _SAVE_NS)):
            return
        self._saved_ns = now_ns
        for one in followed:
            one.changed = False
        rows = [follow for one in followed for follow in one.pending]
        try:
            if rows or self._path.exists():
                replace_file(self._path, msgspec.json.encode(rows))
            self.problem = ""
        except OSError as error:
            self.problem = f"{self._path}: {error.strerror or type(error).__name__}"

    def _read(self) -> list[FollowUp]:
        try:
            return _decode(self._path.read_bytes())
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError) as error:
            self.problem = f"{self._path}: {type(error).__name__}"
            return []
