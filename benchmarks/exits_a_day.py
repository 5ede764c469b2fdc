"""How many exits a symbol has on a day taught by its other recorded days, and on one of which nothing is known.

    python -m benchmarks.exits_a_day [--most 6]

Each day is run after all the others in their order, so that none is judged by what it taught itself. Exits are
answered with hold after 15 seconds, as `evaluate` does. Fails where a taught day has more than --most.
"""

from __future__ import annotations

import argparse
import sys
from functools import cache

from benchmarks.measuring import SESSIONS
from orderflow_tui.evaluate.symbol_day import Rules, Setting, Unit, UnitResult, run_unit

SYMBOLS = ("bac", "aig", "ibm")
DAYS = ("20131007", "20131008", "20131009", "20131010")
SETTINGS = (Setting(Rules()),)


@cache
def after(symbol: str, chain: tuple[str, ...]) -> UnitResult:
    """The last day of a chain, taught by those before it."""
    before = after(symbol, chain[:-1]) if len(chain) > 1 else None
    return run_unit(Unit(str(SESSIONS / f"{symbol}_{chain[-1]}"), SETTINGS), before)


def row(symbol: str, day: str, *, taught: bool) -> int:
    others = tuple(other for other in DAYS if other != day) if taught else ()
    found = after(symbol, (*others, day)).days[0]
    kinds = {name[5:]: record.n for name, record in found.records.items() if name.startswith("exit:")}
    words = ", ".join(f"{name} {count}" for name, count in sorted(kinds.items()))
    bursts = found.alerts["red_burst"]
    print(
        f"| {symbol} | {day} | {'others' if taught else 'nothing'} | {found.exits} | {bursts} | {words} |", flush=True
    )
    return found.exits


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=6, help="exits a taught day may have")
    parser.add_argument("--symbols", default=",".join(SYMBOLS))
    args = parser.parse_args()
    print("| symbol | day | taught by | exits | bursts | exits by kind |\n|---|---|---|---|---|---|")
    most = 0
    for symbol in args.symbols.split(","):
        most = max(most, *(row(symbol, day, taught=True) for day in DAYS))
        for day in DAYS:
            row(symbol, day, taught=False)
        after.cache_clear()
    print(f"most on a taught day: {most}; at most {args.most} wanted")
    return int(most > args.most)


if __name__ == "__main__":
    sys.exit(main())
