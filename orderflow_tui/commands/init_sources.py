"""What a newcomer is told of each source before he chooses: what he sees, what it costs, how to get the key."""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Offer(Struct, frozen=True):
    """A source as `init` offers it.

    Attributes:
        source: Its name in `config.sources`.
        title: What a trader calls it.
        price: What it costs, as of November 2026.
        shows: What the screen shows with it.
        steps: How to get the key, a line each.
        asked: Settings asked for in plain text: field, question, proposal.
    """

    source: str
    title: str
    price: str
    shows: str
    steps: tuple[str, ...]
    asked: tuple[tuple[str, str, str], ...] = ()


OFFERS: Final = (
    Offer(
        "alpaca",
        "Alpaca",
        "free; $99 a month for all exchanges",
        "free: trades and best bid and offer of one exchange, IEX; paid: every US trade",
        (
            "1. Sign up at https://app.alpaca.markets/signup (an e-mail address is enough, no deposit).",
            "2. Open Paper Trading, then API Keys, then Generate New Keys.",
            "3. Copy both halves; the secret is shown once.",
        ),
    ),
    Offer(
        "polygon",
        "Polygon.io (Massive)",
        "$199 a month (Stocks Advanced)",
        "every US trade, best bid and offer of all exchanges; cheaper plans lack quotes or are 15 minutes late",
        ("Copy the key from https://polygon.io/dashboard/keys.",),
    ),
    Offer(
        "databento",
        "Databento",
        "$179 to $199 a month and the exchange's license",
        "ten levels and the trades of one exchange, with the side of each trade",
        ("Copy the key (it begins with db-) from https://databento.com/portal/keys.",),
    ),
    Offer(
        "ibkr",
        "Interactive Brokers",
        "your market data subscriptions",
        "the books and trades you subscribe to, through TWS or IB Gateway on this machine; a few symbols at once",
        ("Start TWS or IB Gateway. In its API settings switch on ActiveX and Socket Clients and Read-Only API.",),
        (("ibkr_port", "Port of TWS (7496, paper 7497) or IB Gateway (4001, paper 4002):", "7497"),),
    ),
    Offer(
        "simulator",
        "Simulated market",
        "free, no account",
        "an invented market of your own symbols, ten levels; every screen says SIMULATED",
        (
            "1. In another terminal, with your symbols and about their prices:",
            "   orderflow-tui simulate --port 8971 --symbols BAC:40,KO:61.20",
            "2. Leave it running.",
        ),
        (("polygon_base_url", "Address that it prints:", "http://127.0.0.1:8971"),),
    ),
)


def offer_lines(width: int) -> list[str]:
    """The offers as a numbered list, what each shows below it, no line wider than the terminal."""
    import textwrap  # noqa: PLC0415 only where it is printed

    lines: list[str] = []
    for number, offer in enumerate(OFFERS, 1):
        lines.append(f"  {number}  {offer.title}: {offer.price}")
        lines += textwrap.wrap(offer.shows, max(width, 40) - 1, initial_indent="     ", subsequent_indent="     ")
    return lines
