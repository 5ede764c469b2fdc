"""The child process that asks Robinhood or Interactive Brokers: `python -m orderflow_tui.positions.broker_child NAME`.

It writes one JSON line (`ChildAnswer`) to the stdout it was given; whatever the clients print goes nowhere. It calls
only what reads: nothing here can place, change or cancel anything.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from orderflow_tui.outbound.no_redirects import follow_no_redirects
from orderflow_tui.positions.broker_process import ChildAnswer, ChildRow

_IB_SECONDS: Final = 15.0
_IB_CLIENT_ID: Final = 7_131
"""Unlike any usual one, so that no other program's connection is taken over."""


def robinhood(env: Mapping[str, str]) -> ChildAnswer:
    """The stocks of a Robinhood account, through `robin_stocks` (an unofficial client)."""
    from robin_stocks import robinhood as client  # noqa: PLC0415 an optional extra

    follow_no_redirects()
    user, password = env.get("ROBINHOOD_USERNAME", ""), env.get("ROBINHOOD_PASSWORD", "")
    if not (user and password):
        return ChildAnswer(refused="needs ROBINHOOD_USERNAME and ROBINHOOD_PASSWORD in the environment")
    session = client.login(user, password, mfa_code=env.get("ROBINHOOD_MFA_CODE") or None, store_session=True)
    if not session:
        return ChildAnswer(refused="the login was refused")
    rows: list[ChildRow] = []
    left_out: list[str] = []
    for held in client.get_open_stock_positions() or []:
        symbol = held.get("symbol") or client.get_symbol_by_url(held["instrument"])
        if symbol:
            rows.append(ChildRow(str(symbol), str(held["quantity"]), str(held["average_buy_price"])))
        else:
            left_out.append("an instrument without a symbol")
    return ChildAnswer(rows=rows, left_out=left_out)


def ibkr(env: Mapping[str, str]) -> ChildAnswer:
    """The stocks of an Interactive Brokers account, through `ib_async` and a running TWS or Gateway, read only."""
    from ib_async import IB, StartupFetch  # noqa: PLC0415 an optional extra

    client = IB()
    host, port = env.get("IBKR_HOST", "127.0.0.1"), env.get("IBKR_PORT", "7497")
    if not port.isdigit():
        return ChildAnswer(refused="IBKR_PORT must be a port (TWS 7496 or 7497, Gateway 4001 or 4002)")
    try:
        client.connect(
            host,
            int(port),
            clientId=_IB_CLIENT_ID,
            timeout=_IB_SECONDS,
            readonly=True,
            account=env.get("IBKR_ACCOUNT", ""),
            fetchFields=StartupFetch.POSITIONS,
        )
    except (OSError, TimeoutError):
        return ChildAnswer(refused=f"no TWS or Gateway answers on {host}:{port} (is its API enabled?)")
    try:
        held = client.positions(env.get("IBKR_ACCOUNT", ""))
    finally:
        client.disconnect()
    rows: list[ChildRow] = []
    left_out: list[str] = []
    for entry in held:
        contract = entry.contract
        if contract.secType == "STK" and contract.currency in {"USD", ""}:
            rows.append(ChildRow(contract.symbol, str(Decimal(str(entry.position))), str(Decimal(str(entry.avgCost)))))
        else:
            left_out.append(f"{contract.symbol} ({contract.secType} {contract.currency})")
    return ChildAnswer(rows=rows, left_out=left_out)


_BROKERS: Final[Mapping[str, Callable[[Mapping[str, str]], ChildAnswer]]] = {"robinhood": robinhood, "ibkr": ibkr}


def main(arguments: list[str]) -> int:
    """Ask the named broker and write the answer."""
    out = os.dup(1)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 a device
        os.dup2(nowhere.fileno(), 1)
        answer = _asked(arguments)
    with os.fdopen(out, "wb") as stdout:
        stdout.write(msgspec.json.encode(answer))
    return 0


def _asked(arguments: list[str]) -> ChildAnswer:
    name = arguments[0] if arguments else ""
    ask: Any = _BROKERS.get(name)
    if ask is None:
        return ChildAnswer(refused=f"must be one of {', '.join(_BROKERS)}")
    try:
        answer: ChildAnswer = ask(os.environ)
    except ImportError:
        return ChildAnswer(refused=f"needs the extra of that name: pip install 'orderflow-tui[{name}]'")
    except EOFError:
        return ChildAnswer(refused="the client asks a question (a code?): log in once with it, then start again")
    except Exception as failure:  # noqa: BLE001 - whatever a client raises is one line; its text may hold secrets
        return ChildAnswer(refused=f"the client failed: {type(failure).__name__}")
    return answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
