"""What a row of an export is: a stock that trades in the US, or why it is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct

from orderflow_tui.config.tickers import normalise_symbol
from orderflow_tui.positions.csv_columns import CURRENCIES
from orderflow_tui.positions.csv_numbers import NOTHING
from orderflow_tui.positions.rows import (
    BOND,
    CASH,
    COIN,
    ELSEWHERE,
    FUND,
    FUTURE,
    NO_TICKER,
    OPTION,
    OTHER_CURRENCY,
    OTHER_KIND,
)

STOCK: Final = ""
TOTAL: Final = "a sum"
_KINDS: Final = (
    (OPTION, re.compile(r"\b(options?|opt|fop|calls?|puts?)\b")),
    (FUTURE, re.compile(r"\b(futures?|fut)\b")),
    (STOCK, re.compile(r"\b(etfs?|etps?|etns?|exchange[-_ ]traded|closed[-_ ]end|cef|adrs?|reits?)\b")),
    (COIN, re.compile(r"crypto|\bcoins?\b|digital (asset|currenc)")),
    (CASH, re.compile(r"money market|sweep|\b(currenc|forex|fx\b|cash (and|&))|^cash( balances?| equivalents?)?$")),
    (FUND, re.compile(r"\b(mutual|funds?|unit trusts?|oeic|sicav)\b")),
    (OTHER_KIND, re.compile(r"\b(cfds?|index|indices|structured|annuit|insurance)")),
    (
        BOND,
        re.compile(r"\b(bonds?|fixed income|treasur|bills?|notes?|cds?|certificates? of deposit|debenture|municipal)"),
    ),
    (STOCK, re.compile(r"stock|equit|\b(stk|eq|common|preferred|shares?|cs|warrants?|rights?|units?)\b")),
)
"""What the words of a kind say, the first that fits."""
_STRATEGY: Final = re.compile(
    r"strateg|group|spread|covered|condor|collar|butterfly|straddle|strangle|combo"
    r"|(stocks?|equities) (and|&|/|\+) .*options?"
)
"""A group that may hold the stock beside its options: the row itself decides."""
_EXCHANGE_TRADED: Final = re.compile(r"[A-Z]{1,4}")
"""What is called a fund or a bond with such a ticker is an exchange-traded one: others have five letters or digits."""
_TOTAL: Final = re.compile(
    r"^((account|grand|positions?|portfolio|overall|sub|net|all|market|cash)[- ]?)*\btotals?\b"
    r"|\btotals?:?$|^sum(me)?$|^gesamt",
    re.IGNORECASE,
)
_CASH: Final = re.compile(
    r"\*\*|\bpending\b|^(cash|core|sweep|money)\b.+|^(FCASH|QACDS|QPRMQ|MMDA\d*|BDPS)\b", re.IGNORECASE
)
_CASH_NAME: Final = re.compile(
    r"\bmoney (market|accounts?)\b|\bcash (balance|reserves?|sweep|account)|\bbank (deposit|sweep)"
    r"|\bdeposit (account|program)|\bsettlement fund|\bheld in (money|fcash|fdic)"
    r"|^(cash|core position|u\.?s\.? dollars?)$",
    re.IGNORECASE,
)
_OPTION: Final = re.compile(
    r"^(call|put)\b|\b(call|put)s?\b.*\d|\d.*\b(call|put)s?\b|^\.[A-Z]+\d|^-?[A-Z.]{1,6} *\d{6}[CP]\d+"
    r"|\b\d+(\.\d+)? ?[CP]$",
    re.IGNORECASE,
)
_OPTION_NAME: Final = re.compile(
    r"^(call|put)\b|\b(call|put)s?\b.*(\$ ?\d|\d/\d|\bexp\b)"
    r"|(\d/\d|\$ ?\d|\d{1,2} [A-Z]{3} '?\d\d|[A-Z]{3} \d{1,2},? '?\d\d).*\b(call|put)s?\b",
    re.IGNORECASE,
)
_FUTURE: Final = re.compile(r"^/|![0-9]*$|^[A-Z_]+:[A-Z0-9]+!")
_BOND: Final = re.compile(
    r"^(?=.*\d)[A-Z0-9]{9}$|^(?=.*\d)[A-Z]{2}[A-Z0-9]{9}\d$|\b\d+(\.\d+)?% ?\d{2}/\d{2}/\d{2,4}|\bCD\b.*%"
)
_DATE: Final = re.compile(
    r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b|^[A-Z][a-z]{2,8}[ -]\d{1,2},?[ -]\d{2,4}|^\d{1,2}[- ][A-Z][a-z]{2}[- ]\d{2,4}"
)
_PAIR: Final = re.compile(r"^[A-Z0-9]{2,6}[-/.](USDT?|USDC|EUR|GBP|BTC)$|^[A-Z]{2,5}USDT?$")
_COIN_NAME: Final = re.compile(
    r"^(bitcoin|ethereum|ether|solana|dogecoin|litecoin|cardano|ripple|xrp|polkadot|avalanche|chainlink"
    r"|stellar|shiba inu)$",
    re.IGNORECASE,
)
_COIN_PRICES: Final = {"BTC": Decimal(1_000), "ETH": Decimal(300)}
"""Tickers of trusts too, whose shares cost tens of dollars."""
_MONEY_TICKERS: Final = frozenset({"CASH", "CORE", "USD", "HKD"})
"""Listed, and written for cash too."""
_NO_TICKERS: Final = CURRENCIES - {"USD", "HKD", "NOK"}
_FOREIGN_SIGN: Final = re.compile(r"[€£¥]|\b(C|CA|A|AU|HK|NZ|S)\$|\b(" + "|".join(sorted(CURRENCIES - {"USD"})) + r")$")
_ABROAD: Final = (
    "TSX XTSE TSXV TSX-V XTSX NEO CSE CNSX XCNQ LSE LSEETF XLON LON IBIS IBIS2 XETRA XETR XFRA FWB GETTEX TRADEGATE TG"
    " GER FRA EPA PAR SBF XPAR AEB AMS XAMS BVME MIL XMIL BM BME XMAD EBS SIX SWX XSWX VIRTX VSE WBAG SFB STO XSTO OSE"
    " OSL XOSL CPH XCSE HEX HEL XHEL ASX XASX SEHK HKEX HKSE XHKG HK TSE TSEJ TYO XTKS JPX SGX XSES NSE XNSE BSE XBOM"
    " KRX KOSPI TWSE SHSE SZSE SSE SH SZ CN JP SG AU CA UK DE FR TORONTO LONDON FRANKFURT HONGKONG"
)
_FOREIGN_EXCHANGES: Final = frozenset(_ABROAD.split())
_EXCHANGE_PREFIX: Final = re.compile(r"([A-Za-z_]+):([A-Za-z0-9.^/-]+)")
_US: Final = "NYSE NASDAQ AMEX ARCA NYSEARCA BATS CBOE OTC OTCMKTS NYSEAMERICAN US CBOEBZX"
_US_PREFIXES: Final = frozenset(_US.split())
_DOLLAR: Final = frozenset({"", "USD", "US", "US DOLLAR", "US DOLLARS", "DOLLAR", "美元"})
_FOREIGN_SUFFIX: Final = re.compile(
    r"\.(TO|V|CN|NE|L|IL|DE|F|PA|AS|BR|MI|MC|SW|VI|ST|OL|CO|HE|AX|NZ|HK|T|KS|KQ|TW|SS|SZ|SI|NS|BO|SA|MX|LS|IR|WA)$"
)
_QUESTIONABLE: Final = frozenset({"V", "F", "T", "L"})
"""One letter after a dot is a class too: London, Frankfurt, Tokyo only by their own tickers' look."""
_US_MARK: Final = re.compile(r"^US\.(?=[A-Z])|[._]US(?:_EQ)?$|:(xnys|xnas|arcx|bats|xase)$", re.IGNORECASE)
_LONGEST_ROOT: Final = 5
_PREFERRED_NAME: Final = re.compile(r"\b(pfd|pref|preferred|preference)\b", re.IGNORECASE)
_PREFERRED_SERIES: Final = re.compile(r"([A-Z]{1,4})(?:[-./ ]|PR?)([A-Z])")
"""`BAC-L`, `TPRA`, `BACPL` beside a name that says preferred."""
_CLASSES: Final = {"BRKA": "BRK.A", "BRKB": "BRK.B", "BFA": "BF.A", "BFB": "BF.B"}
"""Brokers that write no separator; nothing else is listed under these."""


class Holding(Struct, frozen=True):
    """One row, as far as what it is depends on it.

    Attributes:
        symbol: As written.
        description: What the instrument is called; may be empty.
        kinds: The cells that say what it is.
        account_kinds: Whether those say what account it is in: `Cash`, `Margin`, `Short`.
        currency: Of its prices; empty where nothing says.
        exchange: Where it is listed; empty where nothing says.
        derivative: Cells of expiry, strike and right.
        money: Cells of prices and values, for their signs.
        price: Its price or cost a share, where known.
        fraction: Whether the quantity has one.
    """

    symbol: str
    description: str = ""
    kinds: tuple[str, ...] = ()
    account_kinds: bool = False
    currency: str = ""
    exchange: str = ""
    derivative: tuple[str, ...] = ()
    money: tuple[str, ...] = ()
    price: Decimal | None = None
    fraction: bool = False


def is_date(text: str) -> bool:
    """Whether a cell begins with a date."""
    return _DATE.match(text) is not None


def is_option(text: str) -> bool:
    """Whether a text names an option."""
    return _OPTION.search(text) is not None


def is_total(text: str) -> bool:
    """Whether a cell names a sum."""
    return _TOTAL.search(text) is not None


def ticker_of(written: str, description: str = "") -> str:
    """The ticker a symbol cell holds, without the marks of US exchanges (`NYSE:BAC`, `US.BAC`, `BAC:xnys`).

    Args:
        written: The cell.
        description: What the instrument is called: it may say that it is a preferred share.

    Raises:
        ValueError: It holds none of a US stock.
    """
    bare = _US_MARK.sub("", written)
    match = _EXCHANGE_PREFIX.fullmatch(bare)
    if match:
        if match[1].upper() not in _US_PREFIXES:
            raise ValueError("another exchange")
        bare = match[2]
    preferred = _PREFERRED_SERIES.fullmatch(bare) if _PREFERRED_NAME.search(description) else None
    if preferred:
        return f"{preferred[1]}p{preferred[2]}"
    symbol = _CLASSES.get(bare) or normalise_symbol(bare)
    root = re.split(r"[.a-z]", symbol, maxsplit=1)[0]
    a_name = len(bare) > 1 and bare.istitle()  # Apple, Visa
    if not root.isalpha() or len(root) > _LONGEST_ROOT or a_name:
        raise ValueError("no ticker")
    return symbol


def why_not(row: Holding) -> str:
    """Why a row is no US stock (STOCK: it is one); TOTAL for a sum, which is no holding at all."""
    if is_total(row.symbol) or (not row.symbol and is_total(row.description)):
        return TOTAL
    return _by_kind(row) or _by_money(row) or _by_symbol(row)


def _by_kind(row: Holding) -> str:
    told = [] if row.account_kinds else [_kind(cell.lower()) for cell in row.kinds]
    other = next((why for why in told if why), STOCK)
    if other in {FUND, BOND} and _EXCHANGE_TRADED.fullmatch(row.symbol):
        other = STOCK
    if other and not (other == CASH and _in_cash_account(row)):
        return other
    if any(cell.lower() not in NOTHING | {"stock", "equity"} and cell.strip("0.,$ ") for cell in row.derivative):
        return OPTION if len(row.derivative) > 1 or is_option(row.symbol) else FUTURE
    if is_option(row.symbol) or (_OPTION_NAME.search(row.description) and STOCK not in told):
        return OPTION
    return FUTURE if _FUTURE.search(row.symbol) else STOCK


def _in_cash_account(row: Holding) -> bool:
    """Whether `Cash` says what account a share is in: it has a price, and money has none but 1."""
    cells = {cell.lower() for cell in row.kinds if _kind(cell.lower()) == CASH}
    money = row.symbol in CURRENCIES | _MONEY_TICKERS or row.price is None or row.price in {0, 1}
    return cells == {"cash"} and not money


def _kind(cell: str) -> str | None:
    """What one cell says: a reason, STOCK, or None for nothing."""
    if cell in NOTHING or _STRATEGY.search(cell):
        return None
    return next((why for why, words in _KINDS if words.search(cell)), None)


def _by_money(row: Holding) -> str:
    currency = row.currency.upper().replace("US$", "USD").strip("$ ")
    if currency not in _DOLLAR and currency.lower() not in NOTHING:
        return OTHER_CURRENCY
    if any(_FOREIGN_SIGN.search(cell) for cell in row.money):
        return OTHER_CURRENCY
    if row.exchange.upper().replace(" ", "") in _FOREIGN_EXCHANGES:
        return ELSEWHERE
    told = any(_kind(cell.lower()) == STOCK for cell in row.kinds) and not row.account_kinds
    if _is_cash(row, told=told):
        return CASH
    return COIN if _is_coin(row, told=told) else STOCK


def _is_cash(row: Holding, *, told: bool) -> bool:
    if row.symbol in _NO_TICKERS or _CASH.search(row.symbol):
        return True
    if told or "ETF" in row.description.upper().split():
        return False
    if _CASH_NAME.search(row.description):
        return True
    return row.symbol in _MONEY_TICKERS and (row.price is None or row.price in {0, 1})


def _is_coin(row: Holding, *, told: bool) -> bool:
    if _PAIR.search(row.symbol) or _COIN_NAME.search(row.description):
        return True
    dearer = _COIN_PRICES.get(row.symbol)
    if dearer is None or told:
        return False
    return row.fraction if row.price is None else row.price > dearer


def _by_symbol(row: Holding) -> str:
    if _BOND.search(row.symbol):
        return BOND
    foreign = _FOREIGN_SUFFIX.search(row.symbol)
    if foreign and foreign[1] not in _QUESTIONABLE:
        return ELSEWHERE
    try:
        ticker_of(row.symbol, row.description)
    except ValueError:
        match = _EXCHANGE_PREFIX.fullmatch(row.symbol)
        return ELSEWHERE if match and match[1].upper() not in _US_PREFIXES else NO_TICKER
    return STOCK


def accounts_in(cells: Sequence[str]) -> bool:
    """Whether a column of kinds says what account a row is in: `Cash`, `Margin`, `Short` and nothing else."""
    words = {cell.lower() for cell in cells} - NOTHING
    return bool(words) and words <= {
        "cash",
        "margin",
        "short",
        "long",
        "ira",
        "roth",
        "individual",
        "joint",
        "tfsa",
        "rrsp",
    }
