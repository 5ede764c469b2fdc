"""Writes `orderflow_tui/core/market/trading_days.py` from the library `holidays`: `python -m tests.core.write_trading_days`.

The library costs 19 MB at run time and its figures change a few times a year; the program carries the figures only.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import orderflow_tui.core

YEARS: Final = range(2000, 2041)
TARGET: Final = Path(orderflow_tui.core.__file__).parent / "market" / "trading_days.py"
_HEAD: Final = '''"""Weekdays on which the New York Stock Exchange is closed, or closes early; from `{source}`."""

from __future__ import annotations

from typing import Final
'''


def _table(name: str, days: list[date], text: str) -> str:
    rows = [f"{name}: Final = {{"]
    for year in YEARS:
        of_year = " ".join(day.strftime("%m%d") for day in days if day.year == year)
        rows.append(f'    {year}: "{of_year}",')
    return "\n".join([*rows, "}", f'"""{text}"""', ""])


def module() -> str:
    # Every country's calendar comes with it: a second, which only the one test of this should cost.
    from holidays.financial.ny_stock_exchange import NewYorkStockExchange

    closed = sorted(day for day in NewYorkStockExchange(years=YEARS) if day.weekday() < 5)
    half = sorted(day for day in NewYorkStockExchange(years=YEARS, categories=("half_day",)) if day.weekday() < 5)
    return "\n".join(
        [
            _HEAD.format(source="tests/core/write_trading_days.py"),
            _table("CLOSED", closed, "Month and day, by year."),
            _table("HALF", half, "Month and day, by year: regular trading ends at 13:00, late trading at 17:00."),
        ]
    )


if __name__ == "__main__":
    TARGET.write_text(module(), encoding="utf-8")
