"""Column names of the brokers' exports: which column is what, and which names belong to a list of transactions.

Names are compared without case, blanks, punctuation and money signs: `CostBasisPrice`, `cost_basis_price` and
`Cost Basis Price ($)` are one. A currency at the end or in brackets (`Book Value (CAD)`) is the column's currency.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

_CURRENCIES: Final = (
    "USD EUR GBP GBX CAD AUD CHF JPY HKD SGD CNY CNH RMB NZD SEK NOK DKK PLN CZK HUF MXN BRL INR KRW TWD THB ILS ZAR"
    " TRY AED SAR IDR MYR PHP"
)
CURRENCIES: Final = frozenset(_CURRENCIES.split())
"""ISO codes that exports name; some are tickers too."""
_SYMBOL: Final = (
    "symbol", "ticker", "ticker symbol", "stock symbol", "equity symbol", "symbol ticker", "instrument symbol",
    "security symbol", "trading symbol", "symbol cusip", "ticker cusip", "symbol isin", "sym", "stock code",
    "ticker code", "instrument code", "symbole",
    "simbolo", "símbolo", "symbool isin", "kürzel", "code", "代码", "代碼", "代号", "financial instrument",
    "instrument", "slice",
)  # fmt: skip
_QUANTITY: Final = (
    "quantity", "qty", "quantity held", "quantity owned", "owned quantity", "current quantity", "position quantity",
    "position qty", "open quantity", "open qty", "total quantity", "total qty", "net quantity", "net qty",
    "share quantity", "quantity shares", "shares", "shares units", "number of shares", "no of shares", "shares held",
    "shares owned", "total shares", "current shares", "net shares", "units", "anzahl", "stück", "stk", "menge",
    "bestand", "aantal", "quantité", "cantidad", "quantità", "antal", "持有数量", "持有數量", "股数", "股數", "数量",
    "數量", "net position", "position size", "position", "pos",
)  # fmt: skip
_COST: Final = (
    "average cost", "avg cost", "average cost basis", "avg cost basis", "average cost per share", "avg cost per share",
    "average cost share", "avg cost share", "average price", "avg price", "average price paid", "avg price paid",
    "average share price", "cost share", "cost per share", "share cost", "cost basis share", "cost basis per share",
    "cost basis price", "cost per unit", "price paid", "avg entry price", "average entry price", "entry price",
    "average buy price", "avg buy price", "buy price", "unit cost", "average unit cost", "avg unit cost",
    "unit cost basis", "book cost per share", "cost price", "avg fill price", "average fill price", "fill price",
    "average open price", "avg open price", "open price", "average trade price", "avg trade price", "trade price",
    "purchase price", "average purchase price", "avg purchase price", "einstandskurs", "einstandspreis", "kaufkurs",
    "pru", "prix de revient", "prezzo medio", "precio medio", "平均成本价", "平均成本價", "单位成本",
)  # fmt: skip
_TOTAL: Final = (
    "cost basis total", "total cost basis", "total cost", "cost basis money", "cost basis", "book value market",
    "book value", "book cost", "total book value", "adjusted cost basis", "adjusted cost base", "cost value",
    "purchase value", "total purchase cost", "invested value", "amount invested", "invested amount", "total invested",
    "total basis", "adjusted basis", "basis", "original cost", "acb", "cost", "einstandswert",
    "kaufwert",
)  # fmt: skip
_NAMES: Final = {
    "symbol": _SYMBOL,
    "quantity": _QUANTITY,
    "cost": _COST,
    "total": _TOTAL,
    "side": (
        "side", "long short", "type of position", "position direction", "position type", "position side", "direction",
        "l s", "buy sell", "b s", "position",
    ),
    "stop": ("stop", "stop price", "stop loss", "stop loss price"),
    "currency": (
        "currency", "currency primary", "ccy", "market price currency", "market value currency", "price currency",
        "book value currency market", "trading currency", "currency code", "local currency", "cur", "curr",
        "instrument currency",
        "währung", "devise", "valuta", "divisa", "币种", "幣種", "货币",
    ),
    "exchange": (
        "exchange", "listing exchange", "mic", "primary exchange", "exchange code", "market", "venue", "börse",
        "beurs", "市场", "市場",
    ),
    "account": ("client account id", "account number", "account id", "account", "account name", "acct"),
    "description": (
        "description", "name", "investment name", "security description", "security name", "company", "company name",
        "instrument name", "stock name", "product", "security", "名称", "名稱",
    ),
    "price": (
        "last price", "current price", "market price", "mark price", "mark", "price", "last", "share price",
        "close price", "closing price", "close", "closing", "kurs", "现价", "現價",
    ),
    "value": (
        "market value", "current value", "mkt val", "mkt value", "value", "mark value", "position value", "total value",
        "market val", "value in", "市值",
    ),
    "expiry": ("expiration", "expiration date", "exp date", "expiry", "expiry date", "exp", "maturity date"),
    "strike": ("strike", "strike price"),
    "right": ("call put", "put call", "option type", "right", "option code"),
    "acquired": (
        "date acquired", "acquired", "acquisition date", "acquired date", "purchase date", "open date", "opened",
        "open date time", "date opened", "lot date", "date purchased", "opened at", "open",
    ),
    "lot": ("lot", "lot id", "lot number", "lot no", "tax lot", "tax lot id"),
    "level": ("data discriminator", "level of detail", "row type", "record type", "level"),
}  # fmt: skip
_KINDS: Final = frozenset({
    "asset class", "asset category", "asset type", "security type", "instrument type", "sec type", "product type",
    "investment type", "holding type", "security class", "asset", "category", "class", "type", "typ",
})  # fmt: skip
_OF_TRANSACTIONS: Final = frozenset({
    "trans code", "transaction type", "transaction id", "transaction date", "transaction time", "activity type",
    "activity date", "process date", "run date", "settle date", "settlement date", "settlement", "exec time",
    "execution time", "exec date", "time placed", "placed time", "placing time", "filled time", "fill time",
    "order time", "order type", "order id", "order qty", "order quantity", "order price", "tif", "time in force",
    "pos effect", "trade id", "execution id", "filled qty", "filled quantity", "filled", "net amount",
    "net cash amount", "principal amount", "proceeds", "closed date", "date closed", "close date", "closing date",
    "closing time", "close time", "sale date", "sold date", "date sold", "sell date", "trans type", "txn type",
    "transaction", "comm fee", "t price", "limit price",
})  # fmt: skip
"""Columns that lists of what was bought and sold have, and lists of what is held have not."""
_OF_ACTIONS: Final = (
    "action", "activity", "transaction", "side", "status", "type", "sub type", "buy sell", "b s", "direction",
)  # fmt: skip
_OF_TIMES: Final = re.compile(
    r"((trade|order|execution|exec|executed|fill|filled|deal|booking|posting|posted|created|submitted"
    r"|entered|placed|ex|ex dividend|record|pay|payable|payment|declaration) )?"
    r"(date|time|date time|datetime|timestamp|datum|zeit|uhrzeit|fecha|data)"
    r"( (utc|gmt|et|est|edt|local))?"
    r"|(created|executed|submitted|entered|filled|placed) (at|on)"
)
_EACH: Final = re.compile(
    r"(avg|average)( (unit|purchase|buy|buying|entry|open|opening|fill|trade|book|share|acquisition|adjusted|adj"
    r"|net|cost|in))*"
    r" (cost|price|px|entry|basis|open|fill|paid|rate)( (basis|price|paid|per share|share|sh|per unit|unit))*"
    r"|((adj|adjusted|total) )?(cost|basis|cost basis|book cost|book value|book price|acb|price paid|purchase price"
    r"|buy price) (per share|share|sh|shr|per unit|unit|each|px)"
)
"""A cost of each share, under a name that is not listed."""
_EUROPEAN: Final = frozenset({
    "anzahl", "stück", "stk", "menge", "bestand", "aantal", "quantité", "cantidad", "quantità", "antal",
    "einstandskurs", "einstandspreis", "kaufkurs", "pru", "prix de revient", "prezzo medio", "precio medio",
    "einstandswert", "kaufwert",
})  # fmt: skip
"""Names in languages whose numbers have a decimal comma."""
_OF_HOLDINGS: Final = re.compile(
    r"(last|current|market|mark|mkt|closing|close)( price| val| value)?|.*\bunreali[sz]ed\b.*|.*\bp l open|open p l"
    r"|total gain.*|.*\bday s (gain|change).*|today s gain.*|.* of (account|portfolio|acct|nav).*|value in \w+|weight"
    r"|市值|现价|現價"
)
_MOST_COLUMNS: Final = 1_000
_NUMBER: Final = re.compile(r"[-+$(]{0,3}\d[\d.,]*%?\)?")
"""A row with one is no row of names."""
_BRACKETS: Final = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Columns(Struct, frozen=True):
    """Where what stands.

    Attributes:
        names: Every name, canonical, as they stand.
        at: The place of each role's column.
        kinds: Places of the columns that say what a row is.
        currency: The currency that the names of the money columns tell; empty where none does.
        foreign_cost: Cost columns in another currency than the dollar, which are no cost here.
        european: Whether a name is of a language whose numbers have a decimal comma.
        timed: The place of a column of dates or times, such as a list of transactions has; None without one.
    """

    names: tuple[str, ...]
    at: dict[str, int]
    kinds: tuple[int, ...]
    currency: str
    foreign_cost: bool
    european: bool
    timed: int | None

    def cell(self, cells: Sequence[str], role: str) -> str:
        """A row's cell of a role; empty where there is none."""
        at = self.at.get(role, len(cells))
        return cells[at] if at < len(cells) else ""


@lru_cache(maxsize=4096)
def spellings(written: str) -> tuple[str, ...]:
    """A column's name in canonical spellings, the fullest first: whole, without its brackets, the brackets alone."""
    inside = [first or second for first, second in _BRACKETS.findall(written)]
    found = [_canonical(text) for text in (written, _BRACKETS.sub(" ", written), *inside)]
    found += [name.rsplit(" ", 1)[0] for name in found if name.rsplit(" ", 1)[-1].upper() in CURRENCIES and " " in name]
    return tuple(dict.fromkeys(name for name in found if name))


def columns_of(cells: Sequence[str]) -> Columns | None:
    """What the columns are, if these are column names: a symbol and a quantity must be among them."""
    if not 2 <= len(cells) <= _MOST_COLUMNS or any(map(_NUMBER.fullmatch, cells)):
        return None
    return _columns_of(tuple(cells))


@lru_cache(maxsize=64)
def _columns_of(cells: tuple[str, ...]) -> Columns | None:
    written = [spellings(cell) for cell in cells]
    every = {name for found in written for name in found}
    if every.isdisjoint(_SYMBOL) or every.isdisjoint(_QUANTITY):
        return None
    currencies = [_currency(cell) for cell in cells]
    at: dict[str, int] = {}
    foreign = False
    for role, names in _NAMES.items():
        for name in names:
            places = [place for place, found in enumerate(written) if name in found and place not in at.values()]
            usable = [place for place in places if role not in {"cost", "total"} or currencies[place] in {"", "USD"}]
            foreign = foreign or len(usable) < len(places)
            if usable:
                at[role] = usable[0]
                break
    if not {"symbol", "quantity"} <= set(at):
        return None
    if "cost" not in at:
        each = (place for place, found in enumerate(written) if any(map(_EACH.fullmatch, found)))
        place = next((place for place in each if place not in at.values() and currencies[place] in {"", "USD"}), None)
        at |= {} if place is None else {"cost": place}
    kinds = tuple(place for place, found in enumerate(written) if _KINDS & set(found[:1]))
    money = {currencies[at[role]] for role in ("price", "value") if role in at} - {""}
    return Columns(
        tuple(found[0] if found else "" for found in written),
        at,
        kinds,
        money.pop() if len(money) == 1 else "",
        foreign and not {"cost", "total"} & set(at),
        any(_EUROPEAN & set(found) for found in written),
        next((place for place, found in enumerate(written) if any(map(_OF_TIMES.fullmatch, found))), None),
    )


def transaction_column(cells: Sequence[str]) -> str:
    """The first name, as it is written, that only a list of transactions has; empty where there is none."""
    return next((cell for cell in cells if _OF_TRANSACTIONS & set(spellings(cell))), "")


def worth_now(columns: Columns) -> bool:
    """Whether a column says what something is worth now, which lists of transactions have not."""
    return any(_OF_HOLDINGS.fullmatch(name) for name in columns.names)


def action_columns(columns: Columns) -> list[int]:
    """Places of columns whose cells may be actions: bought, sold, filled."""
    return [place for place, name in enumerate(columns.names) if name in _OF_ACTIONS]


def _currency(written: str) -> str:
    inside = [first or second for first, second in _BRACKETS.findall(written)]
    for text in (*inside, written):
        words = _canonical(text).upper().split()
        if words and words[-1] in CURRENCIES and (len(words) > 1 or text in inside):
            return words[-1]
    return "EUR" if "€" in written else "GBP" if "£" in written else ""


def _canonical(text: str) -> str:
    apart = _CAMEL.sub(" ", text)
    return " ".join(re.sub(r"[\W_]+", " ", apart).casefold().split())
