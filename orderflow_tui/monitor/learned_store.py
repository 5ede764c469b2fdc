"""What each symbol has taught, kept per source, symbol and session beside the journal.

Those of the first sources are in `<log dir>/learned/<SYMBOL>.json`, others in `learned-<source>[-<data set>]/`.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from orderflow_tui.core.learning.exit_ratio import SESSIONS
from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.support.atomic_file import replace_file
from orderflow_tui.support.bounded_file import read_bounded
from orderflow_tui.support.decoding import NO_JSON, refuse_absurd

_SESSIONS_KEPT: Final = 60
_MOST_BYTES: Final = 4_000_000
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]|^\.+")
_decode = msgspec.json.Decoder(list[SessionStats]).decode


class LearnedStore:
    """Reads and writes what sessions taught.

    A file that cannot be read teaches nothing; `problem` says so, and of one that cannot be written too.

    Args:
        directory: The journal's directory.
        under: The source's folder: figures of one venue never judge another.
    """

    def __init__(self, directory: Path, under: str = "") -> None:
        self._directory = directory
        self._under = under
        self.dataset = ""
        """Which data set of the source is in use; empty where it has one only."""
        self.problem = ""

    def of(self, dataset: str) -> LearnedStore:
        """The same source's store of another data set."""
        other = copy.copy(self)
        other.dataset = dataset
        return other

    def load(self, symbol: str) -> dict[str, SessionStats]:
        """What the newest sessions of each kind (`pre`, `regular`, ...) of a symbol taught."""
        found: dict[str, SessionStats] = {}
        for taught in self._sessions(symbol):
            before = found.get(taught.session)
            found[taught.session] = replace(taught, earlier=() if before is None else before.sessions[: SESSIONS - 1])
        return found

    def save(self, symbol: str, taught: SessionStats) -> None:
        """Keep what a session taught; the same day's session replaces what was kept of it before."""
        others = [old for old in self._sessions(symbol) if (old.day, old.session) != (taught.day, taught.session)]
        kept = sorted([*others, replace(taught, earlier=())], key=lambda one: one.day)[-_SESSIONS_KEPT:]
        path = self._path(symbol)
        try:
            replace_file(path, msgspec.json.encode(kept), linked_folder=False)
            self.problem = ""
        except OSError as error:
            self.problem = f"{path}: {error.strerror or type(error).__name__}"

    def _path(self, symbol: str) -> Path:
        marked = re.sub("[a-z]", r"+\g<0>", symbol)  # AMpB and AMPB are two files on every disk
        folder = "-".join(filter(None, ("learned", self._under, _UNSAFE.sub("_", self.dataset))))
        return self._directory / folder / f"{marked}.json"

    def _sessions(self, symbol: str) -> list[SessionStats]:
        try:
            kept = _decode(read_bounded(self._path(symbol), _MOST_BYTES, follow_link=False))
            refuse_absurd(kept)
        except FileNotFoundError:
            return []
        except OSError as error:
            self.problem = f"{self._path(symbol)}: {error.strerror or type(error).__name__}"
            return []
        except NO_JSON as error:
            self.problem = f"{self._path(symbol)}: {type(error).__name__}"
            return []
        return kept
