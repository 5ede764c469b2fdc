"""Polygon's REST shapes. Prices leave as dollars, sizes as shares, times as integer nanoseconds UTC."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from orderflow_tui.feeds.simulator.instruments import TICKS_PER_DOLLAR
from orderflow_tui.feeds.simulator.market_history import NANOS, PRICE_UNITS_PER_DOLLAR, Print, Quote
from orderflow_tui.feeds.simulator.plans import EVERYTHING, Plan
from orderflow_tui.feeds.simulator.query import EXCHANGE_ZONE
from orderflow_tui.feeds.simulator.session_bars import Bar
from orderflow_tui.feeds.simulator.symbol_market import SymbolMarket

Json = dict[str, Any]

BOOK_LEVELS = 10


class TradeRow(msgspec.Struct, omit_defaults=True, gc=False):
    """A row of `/v3/trades`."""

    price: float
    size: int
    exchange: int
    id: str
    sequence_number: int
    sip_timestamp: int
    participant_timestamp: int
    tape: int
    conditions: tuple[int, ...] = ()
    decimal_size: str | None = None
    trf_id: int = 0
    trf_timestamp: int = 0
    correction: int = 0


class QuoteRow(msgspec.Struct, gc=False):
    """A row of `/v3/quotes`."""

    bid_price: float
    bid_size: int
    bid_exchange: int
    ask_price: float
    ask_size: int
    ask_exchange: int
    sequence_number: int
    sip_timestamp: int
    participant_timestamp: int
    tape: int


def trade_row(trade: Print, tape: int) -> TradeRow:
    """A print as `/v3/trades` has it: without its aggressor."""
    return TradeRow(
        trade.price / PRICE_UNITS_PER_DOLLAR,
        trade.size,
        trade.exchange,
        trade.id,
        trade.sequence_number,
        trade.sip_timestamp,
        trade.participant_timestamp,
        tape,
        trade.conditions,
        trade.decimal_size,
        trade.trf_id,
        trade.trf_timestamp,
        trade.correction,
    )


def quote_row(quote: Quote, tape: int) -> QuoteRow:
    """A quote as `/v3/quotes` has it."""
    return QuoteRow(
        quote.bid_price / PRICE_UNITS_PER_DOLLAR,
        quote.bid_size,
        quote.bid_exchange,
        quote.ask_price / PRICE_UNITS_PER_DOLLAR,
        quote.ask_size,
        quote.ask_exchange,
        quote.sequence_number,
        quote.sip_timestamp,
        quote.participant_timestamp,
        tape,
    )


def last_trade(market: SymbolMarket) -> Json:
    """`results` of `/v2/last/trade`."""
    trade = market.tape.prints.newest(market.now_ns)
    if trade is None:
        return {}
    row: Json = {"T": market.instrument.symbol, **_short_trade(trade)}
    row |= {"q": trade.sequence_number, "y": trade.participant_timestamp, "z": market.instrument.tape}
    if trade.trf_id:
        row |= {"r": trade.trf_id, "f": trade.trf_timestamp}
    if row["c"] is None:
        del row["c"]
    return row


def last_nbbo(market: SymbolMarket) -> Json:
    """`results` of `/v2/last/nbbo`: capital letters are the ask."""
    quote = market.tape.quotes.newest(market.now_ns)
    if quote is None:
        return {}
    return {
        "T": market.instrument.symbol,
        **_short_quote(quote),
        "x": quote.bid_exchange,
        "X": quote.ask_exchange,
        "y": quote.participant_timestamp,
        "q": quote.sequence_number,
        "z": market.instrument.tape,
    }


def snapshot(market: SymbolMarket) -> Json:
    """A ticker of `/v2/snapshot/locale/us/markets/stocks/tickers`."""
    tape = market.tape
    trade, quote = tape.prints.newest(market.now_ns), tape.quotes.newest(market.now_ns)
    previous = tape.bars.previous_close
    change = tape.bars.day.close - previous
    row: Json = {
        "ticker": market.instrument.symbol,
        "todaysChange": change / PRICE_UNITS_PER_DOLLAR,
        "todaysChangePerc": round(100 * change / previous, 4),
        "updated": max(trade.sip_timestamp if trade else 0, quote.sip_timestamp if quote else 0),
        "day": _bar(tape.bars.day),
        "min": {
            **_bar(tape.bars.minute),
            "av": tape.bars.day.volume,
            "t": tape.bars.minute_start_ns // 1_000_000,
            "n": tape.bars.minute.count,
        },
        "prevDay": _previous_day(market),
    }
    if trade is not None:
        row["lastTrade"] = _short_trade(trade)
    if quote is not None:
        row["lastQuote"] = _short_quote(quote)
    return row


def universal_snapshot(market: SymbolMarket, plan: Plan = EVERYTHING) -> Json:
    """A row of `/v3/snapshot`; `timeframe` says what the key is worth."""
    tape = market.tape
    day, previous = tape.bars.day, tape.bars.previous_close
    row: Json = {
        "ticker": market.instrument.symbol,
        "type": "stocks",
        "name": market.instrument.name,
        "market_status": "open",
        "session": {
            "change": (day.close - previous) / PRICE_UNITS_PER_DOLLAR,
            "change_percent": round(100 * (day.close - previous) / previous, 4),
            "open": day.open / PRICE_UNITS_PER_DOLLAR,
            "high": day.high / PRICE_UNITS_PER_DOLLAR,
            "low": day.low / PRICE_UNITS_PER_DOLLAR,
            "close": day.close / PRICE_UNITS_PER_DOLLAR,
            "previous_close": previous / PRICE_UNITS_PER_DOLLAR,
            "volume": day.volume,
        },
    }
    quote, trade = tape.quotes.newest(market.now_ns), tape.prints.newest(market.now_ns)
    timeframe = "DELAYED" if plan.delayed else "REAL-TIME"
    if quote is not None and plan.quotes:
        row["last_quote"] = {
            "bid": quote.bid_price / PRICE_UNITS_PER_DOLLAR,
            "bid_size": quote.bid_size,
            "bid_exchange": quote.bid_exchange,
            "ask": quote.ask_price / PRICE_UNITS_PER_DOLLAR,
            "ask_size": quote.ask_size,
            "ask_exchange": quote.ask_exchange,
            "last_updated": quote.sip_timestamp,
            "timeframe": timeframe,
        }
    if trade is not None and plan.last_trade:
        row["last_trade"] = {
            "price": trade.price / PRICE_UNITS_PER_DOLLAR,
            "size": trade.size,
            "conditions": list(trade.conditions),
            "exchange": trade.exchange,
            "id": trade.id,
            "last_updated": trade.sip_timestamp,
            "timeframe": timeframe,
        }
        if trade.decimal_size is not None:
            row["last_trade"]["decimal_size"] = trade.decimal_size
    return row


def book(market: SymbolMarket) -> Json:
    """A book of `/sim/v1/books`: ten levels a side, best first, shares over all venues."""
    return {
        "ticker": market.instrument.symbol,
        "t": market.now_ns,
        "bids": [[tick / TICKS_PER_DOLLAR, size] for tick, size in market.depth("bid", BOOK_LEVELS)],
        "asks": [[tick / TICKS_PER_DOLLAR, size] for tick, size in market.depth("ask", BOOK_LEVELS)],
    }


def truth(market: SymbolMarket, prints: list[Print]) -> Json:
    """Prints with their true aggressor, and totals over them (volumes in shares)."""
    return {
        "ticker": market.instrument.symbol,
        "prints": [
            {**msgspec.to_builtins(trade_row(trade, market.instrument.tape)), "aggressor": trade.aggressor}
            for trade in prints
        ],
        "totals": {
            "prints": len(prints),
            "volume": sum(trade.size for trade in prints),
            "buy_volume": sum(trade.size for trade in prints if trade.aggressor == "buy"),
            "sell_volume": sum(trade.size for trade in prints if trade.aggressor == "sell"),
            "off_exchange_volume": sum(trade.size for trade in prints if trade.trf_id),
        },
    }


def market_status(now_ns: int) -> Json:
    """`/v1/marketstatus/now` of a market that never closes."""
    now = datetime.fromtimestamp(now_ns // NANOS, tz=EXCHANGE_ZONE)
    return {
        "market": "open",
        "earlyHours": False,
        "afterHours": False,
        "serverTime": now.isoformat(),
        "exchanges": {"nyse": "open", "nasdaq": "open", "otc": "open"},
        "currencies": {"fx": "open", "crypto": "open"},
    }


def upcoming_holidays(now_ns: int) -> list[Json]:
    """`/v1/marketstatus/upcoming`: the fixed-date holidays after today, never today itself."""
    today = datetime.fromtimestamp(now_ns // NANOS, tz=EXCHANGE_ZONE).date()
    days: list[tuple[date, str, str]] = []
    for year in (today.year, today.year + 1):
        days += [
            (date(year, 1, 1), "New Years Day", "closed"),
            (date(year, 7, 4), "Independence Day", "closed"),
            (date(year, 12, 24), "Christmas Eve", "early-close"),
            (date(year, 12, 25), "Christmas", "closed"),
        ]
    rows: list[Json] = []
    for day, name, status in days:
        if not today < day <= today + timedelta(days=366) or day.weekday() >= 5:
            continue
        for exchange in ("NYSE", "NASDAQ"):
            row = {"exchange": exchange, "name": name, "date": day.isoformat(), "status": status}
            if status == "early-close":
                row |= {"open": f"{day}T14:30:00.000Z", "close": f"{day}T18:00:00.000Z"}
            rows.append(row)
    return rows


def _short_trade(trade: Print) -> Json:
    row: Json = {
        "c": list(trade.conditions) or None,
        "i": trade.id,
        "p": trade.price / PRICE_UNITS_PER_DOLLAR,
        "s": trade.size,
        "t": trade.sip_timestamp,
        "x": trade.exchange,
    }
    if trade.decimal_size is not None:
        row["ds"] = trade.decimal_size
    return row


def _short_quote(quote: Quote) -> Json:
    return {
        "p": quote.bid_price / PRICE_UNITS_PER_DOLLAR,
        "s": quote.bid_size,
        "P": quote.ask_price / PRICE_UNITS_PER_DOLLAR,
        "S": quote.ask_size,
        "t": quote.sip_timestamp,
    }


def _bar(bar: Bar) -> Json:
    return {
        "o": bar.open / PRICE_UNITS_PER_DOLLAR,
        "h": bar.high / PRICE_UNITS_PER_DOLLAR,
        "l": bar.low / PRICE_UNITS_PER_DOLLAR,
        "c": bar.close / PRICE_UNITS_PER_DOLLAR,
        "v": bar.volume,
        "vw": round(bar.vwap / PRICE_UNITS_PER_DOLLAR, 4),
    }


def _previous_day(market: SymbolMarket) -> Json:
    close = market.tape.bars.previous_close
    bar = Bar(close)
    bar.open, bar.high, bar.low = close - close // 200, close + close // 150, close - close // 120
    bar.volume = market.tape.bars.previous_volume
    bar.notional = bar.volume * (bar.high + bar.low + 2 * close) // 4
    return _bar(bar)
