"""The simulated market in Alpaca's rows: prices in dollars, sizes in shares, RFC 3339 times, condition letters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from orderflow_tui.feeds.simulator.instruments import Instrument
from orderflow_tui.feeds.simulator.market_history import PRICE_UNITS_PER_DOLLAR, Band, Print, Quote
from orderflow_tui.feeds.simulator.query import rfc3339

Row = dict[str, Any]
IEX: Final = 15
_VENUES: Final = {
    1: "A", 2: "B", 3: "C", 4: "D", 7: "J", 8: "K", 9: "M", 10: "N", 11: "P", 15: "V", 17: "X", 18: "Y", 19: "Z",
    20: "H", 21: "U",
}  # fmt: skip
_LETTERS: Final = {14: "F", 37: "I", 32: "Z", 28: "5"}
_TAPES: Final = {1: "A", 2: "B", 3: "C"}
_CANCELLED: Final = 8
_HALT, _RESUME = 17, 18


def written(symbol: str) -> str:
    """A symbol as this vendor writes it: preferred shares `BAC.PRL`."""
    return re.sub(r"p([A-Z]?)$", r".PR\1", symbol)


def read(name: str) -> str:
    """The market's symbol for what a client wrote."""
    return re.sub(r"\.PR([A-Z]?)$", r"p\1", name)


def of_feed(prints: Iterable[Print], feed: str) -> list[Print]:
    """The prints a feed has: IEX has its own only."""
    return [row for row in prints if feed != "iex" or row.exchange == IEX]


def trade(instrument: Instrument, row: Print) -> Row:
    """A print; `u` says that it was cancelled."""
    tape = _TAPES[instrument.tape]
    plain = "@" if tape == "C" else " "
    made: Row = {
        "t": rfc3339(row.sip_timestamp), "x": _venue(instrument, row.exchange), "p": row.price / PRICE_UNITS_PER_DOLLAR,
        "s": row.size if row.decimal_size is None else float(row.decimal_size),
        "c": [plain, *(_LETTERS[condition] for condition in row.conditions)], "i": trade_id(row), "z": tape,
    }  # fmt: skip
    if row.correction == _CANCELLED:
        made["u"] = "canceled"
    return made


def trade_id(row: Print) -> int:
    """A number that is unique within its venue: both reporting facilities are one venue here."""
    return int(row.id) * 2 + (row.trf_id == 201)


def quote(instrument: Instrument, row: Quote, feed: str) -> Row:
    """The best bid and offer."""
    tape = _TAPES[instrument.tape]
    venues = (
        ("V", "V") if feed == "iex" else (_venue(instrument, row.bid_exchange), _venue(instrument, row.ask_exchange))
    )
    return {
        "t": rfc3339(row.sip_timestamp), "bx": venues[0], "bp": row.bid_price / PRICE_UNITS_PER_DOLLAR,
        "bs": row.bid_size, "ax": venues[1], "ap": row.ask_price / PRICE_UNITS_PER_DOLLAR, "as": row.ask_size,
        "c": ["R"], "z": tape,
    }  # fmt: skip


def band(instrument: Instrument, row: Band) -> Row:
    """The limit-up and limit-down prices."""
    return {
        "T": "l", "S": written(instrument.symbol), "u": row.upper / PRICE_UNITS_PER_DOLLAR,
        "d": row.lower / PRICE_UNITS_PER_DOLLAR, "i": "B", "t": rfc3339(row.sip_timestamp),
        "z": _TAPES[instrument.tape],
    }  # fmt: skip


def status(instrument: Instrument, row: Band) -> Row | None:
    """A halt or its end, None for a band that is neither."""
    if row.indicator not in (_HALT, _RESUME):
        return None
    halted, utp = row.indicator == _HALT, instrument.tape == 3
    code = ("P" if utp else "2") if halted else ("T" if utp else "3")
    return {
        "T": "s", "S": written(instrument.symbol), "sc": code, "sm": "Trading Halt" if halted else "Trading Resumption",
        "rc": "LUDP" if halted else "", "rm": "Volatility Trading Pause" if halted else "",
        "t": rfc3339(row.sip_timestamp), "z": _TAPES[instrument.tape],
    }  # fmt: skip


def cancel(instrument: Instrument, row: Print) -> Row:
    """A print that was taken back."""
    return {
        "T": "x", "S": written(instrument.symbol), "i": trade_id(row), "x": _venue(instrument, row.exchange), "a": "C",
        "p": row.price / PRICE_UNITS_PER_DOLLAR, "s": row.size, "t": rfc3339(row.sip_timestamp),
        "z": _TAPES[instrument.tape],
    }  # fmt: skip


def _venue(instrument: Instrument, exchange: int) -> str:
    return _VENUES.get(exchange) or ("Q" if instrument.tape == 3 else "T")
