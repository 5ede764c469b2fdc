"""Positions of an Alpaca account, read only: one GET.

The answer's rows have `symbol`, `qty` (a string, may have a fraction, negative for a short position), `side`,
`avg_entry_price` (a string) and `asset_class` (`us_equity`, `crypto`, `us_option`): Alpaca's documentation of
`GET /v2/positions`, November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec

from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.outbound.http import Deadline, client_for
from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.holdings import Holdings
from orderflow_tui.positions.rows import LeftOut, Row, decimal_of, holdings_of
from orderflow_tui.support.decoding import NO_JSON
from orderflow_tui.support.hosts import is_loopback
from orderflow_tui.support.masking import hide, masked

LIVE_URL: Final = "https://api.alpaca.markets"
PAPER_URL: Final = "https://paper-api.alpaca.markets"
KEY_NAMES: Final = ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY")
_PATH: Final = "/v2/positions"
_DEADLINE_SECONDS: Final = 10.0
_MOST_BYTES: Final = 4_000_000
_SHARES: Final = "us_equity"


class _AlpacaRow(msgspec.Struct):
    symbol: str
    qty: str
    avg_entry_price: str
    asset_class: str = _SHARES
    side: str = "long"


class AlpacaAccount:
    """Asks for the positions of one account.

    Args:
        secrets: `APCA_API_KEY_ID` and `APCA_API_SECRET_KEY`.
        base_url: The live or the paper host, or another.
        deadline_seconds: A whole exchange ends within this, however slowly its bytes come.

    Raises:
        PositionsError: A key is missing, or the address would send it unencrypted to another machine.
    """

    def __init__(
        self, secrets: Mapping[str, str], base_url: str = LIVE_URL, *, deadline_seconds: float = _DEADLINE_SECONDS
    ) -> None:
        missing = [name for name in KEY_NAMES if not secrets.get(name, "").strip()]
        if missing:
            raise PositionsError(f"positions from Alpaca need {' and '.join(missing)} in the environment")
        key, secret = (secrets[name].strip() for name in KEY_NAMES)
        if not all("!" <= character <= "~" for character in key + secret):
            raise PositionsError(f"{' or '.join(KEY_NAMES)} holds characters that no header can carry")
        self._url = f"{_checked(base_url)}{_PATH}"
        self._seconds = deadline_seconds
        self._deadline = Deadline()
        hide(key)
        hide(secret)
        headers = {"APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": secret, "Accept": "application/json"}
        headers["Accept-Encoding"] = "identity"
        try:
            self._client = client_for(base_url, headers, deadline=self._deadline, seconds=deadline_seconds)
        except DataValidationError as error:
            raise PositionsError(str(error)) from None

    def fetch(self) -> Holdings:
        """What is held now.

        Raises:
            PositionsError: The host cannot be reached, refuses, or answers something unreadable; one line, no key.
        """
        body = bytearray()
        try:
            with self._deadline.within(self._seconds), self._client.stream("GET", self._url) as answer:
                for piece in answer.iter_raw():
                    body += piece
                    if len(body) > _MOST_BYTES:
                        raise PositionsError(f"Alpaca: an answer of more than {_MOST_BYTES:,} bytes")
        except httpx.TimeoutException:
            raise PositionsError(f"Alpaca: no whole answer within {self._seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PositionsError(f"Alpaca: cannot be reached: {type(error).__name__}") from None
        if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise PositionsError(f"Alpaca refused {' and '.join(KEY_NAMES)} (status {answer.status_code})")
        if answer.status_code != HTTPStatus.OK:
            raise PositionsError(f"Alpaca: status {answer.status_code}")
        try:
            return _holdings(msgspec.json.decode(bytes(body), type=list[_AlpacaRow]))
        except (*NO_JSON, ValueError):
            raise PositionsError("Alpaca: an answer that is no list of positions") from None


def _checked(base_url: str) -> str:
    """The address, if it may be sent a key."""
    parts = urlsplit(base_url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return base_url.rstrip("/")
    raise PositionsError("positions from Alpaca need an https:// address in APCA_API_BASE_URL: a key goes there")


def _holdings(rows: list[_AlpacaRow]) -> Holdings:
    shares: list[Row] = []
    left_out: list[LeftOut] = []
    for row in rows:
        if row.asset_class != _SHARES:
            left_out.append(LeftOut(f"{masked(row.symbol)[:30]!a} ({masked(row.asset_class)[:20]!a})".replace("'", "")))
            continue
        quantity = decimal_of(row.qty)
        if row.side == "short":
            quantity = -abs(quantity)
        shares.append(Row(row.symbol, quantity, abs(decimal_of(row.avg_entry_price))))
    return holdings_of(shares, left_out)
