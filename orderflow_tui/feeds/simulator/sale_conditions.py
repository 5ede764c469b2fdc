"""The sale conditions of `/v3/reference/conditions`: what a print with one of them updates."""

from __future__ import annotations

_ALL = (True, True, True)
_VOLUME_ONLY = (False, False, True)
_NOT_LAST = (True, False, True)
_NOTHING = (False, False, False)
_NO_VOLUME = (True, True, False)

# Each id: its name, and whether it updates high and low, open and close, volume.
_TABLE: dict[int, tuple[str, tuple[bool, bool, bool]]] = {
    1: ("Acquisition", _ALL),
    2: ("Average Price Trade", _VOLUME_ONLY),
    3: ("Automatic Execution", _ALL),
    4: ("Bunched Trade", _ALL),
    5: ("Bunched Sold Trade", _NOT_LAST),
    6: ("CAP Election", _ALL),
    7: ("Cash Sale", _VOLUME_ONLY),
    8: ("Closing Prints", _ALL),
    9: ("Cross Trade", _ALL),
    10: ("Derivatively Priced", _NOT_LAST),
    11: ("Distribution", _ALL),
    12: ("Form T/Extended Hours", _VOLUME_ONLY),
    13: ("Extended Hours (Sold Out Of Sequence)", _VOLUME_ONLY),
    14: ("Intermarket Sweep", _ALL),
    15: ("Market Center Official Close", _NOTHING),
    16: ("Market Center Official Open", _NOTHING),
    17: ("Market Center Opening Trade", _ALL),
    18: ("Market Center Reopening Trade", _ALL),
    19: ("Market Center Closing Trade", _ALL),
    20: ("Next Day", _VOLUME_ONLY),
    21: ("Price Variation Trade", _VOLUME_ONLY),
    22: ("Prior Reference Price", _NOT_LAST),
    23: ("Rule 155 Trade (AMEX)", _ALL),
    24: ("Rule 127 (NYSE Only)", _ALL),
    25: ("Opening Prints", _ALL),
    27: ("Stopped Stock (Regular Trade)", _ALL),
    28: ("Re-Opening Prints", _ALL),
    29: ("Seller", _VOLUME_ONLY),
    30: ("Sold Last", _ALL),
    31: ("Sold Last and Stopped Stock", _ALL),
    32: ("Sold (Out Of Sequence)", _NOT_LAST),
    33: ("Sold (Out of Sequence) and Stopped Stock", _NOT_LAST),
    34: ("Split Trade", _ALL),
    35: ("Stock Option", _ALL),
    36: ("Yellow Flag Regular Trade", _ALL),
    37: ("Odd Lot Trade", _VOLUME_ONLY),
    38: ("Corrected Consolidated Close", _NO_VOLUME),
    41: ("Trade Thru Exempt", _ALL),
    52: ("Contingent Trade", _VOLUME_ONLY),
    53: ("Qualified Contingent Trade", _VOLUME_ONLY),
    55: ("Opening Reopening Trade Detail", _ALL),
}


def sale_conditions() -> list[dict[str, object]]:
    """The rows of the endpoint for stock trades, in order of id."""
    return [
        {
            "id": number,
            "type": "sale_condition",
            "name": name,
            "asset_class": "stocks",
            "data_types": ["trade"],
            "update_rules": {
                "consolidated": {
                    "updates_high_low": rules[0],
                    "updates_open_close": rules[1],
                    "updates_volume": rules[2],
                }
            },
        }
        for number, (name, rules) in _TABLE.items()
    ]
