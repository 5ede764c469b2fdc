"""Which source a setting names: a broker's name, a CSV export, or a TOML file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from orderflow_tui.config.values import BROKERS
from orderflow_tui.positions.files import PositionsFile
from orderflow_tui.positions.holdings import Holdings, PositionSource
from orderflow_tui.positions.polled import PolledPositions, WithStops
from orderflow_tui.positions.toml_file import TomlPositions, holdings_in

BESIDE: Final = Path("positions.toml")
"""Adds stops, own orders, events and a watchlist to a broker's or an export's positions."""
_EXPORTS: Final = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xls"})
"""A workbook is read as one only to be refused with what to do."""
_ALPACA_URL: Final = "APCA_API_BASE_URL"


def source_of(setting: str, env: Mapping[str, str], *, beside: Path = BESIDE) -> PositionSource:
    """The source a `positions` setting names.

    Args:
        setting: `alpaca`, `alpaca-paper`, `robinhood`, `ibkr`, or a path; `.csv`, `.tsv` and `.txt` are exports.
        env: The environment with its secrets, for the brokers.
        beside: The positions file that adds what brokers do not know.

    Raises:
        PositionsError: A broker's key is missing.
    """
    if setting in BROKERS:
        return WithStops(PolledPositions(_broker(setting, env)), _Beside(beside))
    path = Path(setting).expanduser()
    if path.suffix.lower() in _EXPORTS:
        from orderflow_tui.positions.csv_file import CsvPositions  # noqa: PLC0415 every broker's columns

        return WithStops(CsvPositions(path), _Beside(beside))
    return TomlPositions(path)


def _broker(name: str, env: Mapping[str, str]) -> Callable[[], Holdings]:
    if name.startswith("alpaca"):
        from orderflow_tui.positions.alpaca import LIVE_URL, PAPER_URL, AlpacaAccount  # noqa: PLC0415 httpx

        usual = PAPER_URL if name == "alpaca-paper" else LIVE_URL
        return AlpacaAccount(env, env.get(_ALPACA_URL, "").strip() or usual).fetch
    from orderflow_tui.positions.broker_process import BrokerChild  # noqa: PLC0415 only where it is asked for

    return BrokerChild("robinhood" if name == "robinhood" else "ibkr", env).fetch


class _Beside(PositionsFile, frozen=True):
    """A positions file whose quantities somebody else knows."""

    def read(self) -> Holdings:
        return holdings_in(self.text(), self.name, beside_broker=True)
