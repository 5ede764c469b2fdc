"""Who was the aggressor: our classifier print by print against tclf's CLNV, and both against the true side.

    python -m benchmarks.sides_oracle

tclf sees the whole tape at once: trade price, the quote in force just before the print, and the last different price.
Prices are integer ticks on both sides, so that 30 % of a spread is the same number. The core passes over a locked or
crossed book, whose quote names no side, and keeps the one before; tclf is given the quote both ways.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from tclf.classical_classifier import ClassicalClassifier

from benchmarks.measuring import SESSIONS, Figure, emit
from orderflow_tui.core.market.trade_side import SideClassifier
from orderflow_tui.core.model.events import BUY, PRICE, SELL, SIDE, UNKNOWN, Book, Print
from orderflow_tui.recordings.open_recording import open_recording

WITH_TRUTH = ("aapl_lobster_20120621_0930_0935", "btcusdt_spot_20240808_2354")
WITHOUT_TRUTH = ("bac_20131007_1405_1435",)
LEAST = 0.97
ALIKE = 0.999


@dataclass
class Signed:
    """One recording's prints that have a side, signed by both."""

    ours: np.ndarray
    theirs: np.ndarray
    """tclf with the last quote that was neither locked nor crossed."""
    literal: np.ndarray
    """tclf with whatever quote was in force."""
    true: np.ndarray
    tick: np.ndarray


def sign(name: str) -> Signed:
    """Both answers for every print that can have a side."""
    recording = open_recording(str(SESSIONS / name))
    known = recording.events()
    classifier = SideClassifier(joint_sequence=True)
    shown = sound = (0, 0)
    last = before = 0
    rows, ours, true = [], [], []
    for blind, event in zip(recording.events(infer_sides=True), known, strict=True):
        if isinstance(blind, Book):
            shown = (blind.bids[0][0] if blind.bids else 0, blind.asks[0][0] if blind.asks else 0)
            if not all(shown) or shown[0] < shown[1]:
                sound = shown
                classifier.on_book(blind)
            continue
        assert isinstance(event, Print)
        if blind.flags & PRICE and blind.price != last:
            before, last = last, blind.price
        side = classifier.classify(blind)
        if blind.flags & SIDE:
            different = before if blind.price == last else last
            rows.append([value or np.nan for value in (blind.price, *sound, different, *shown)])
            ours.append(side)
            true.append(event.side)
    table = np.array(rows, dtype=float)
    literal = table[:, [0, 4, 5, 3]]
    table = table[:, :4]
    return Signed(np.array(ours), _tclf(table, "clnv"), _tclf(literal, "clnv"), np.array(true), _tclf(table, "tick"))


def _tclf(table: np.ndarray, rule: str) -> np.ndarray:
    features = ["trade_price", "bid_quote", "ask_quote", "price_quote_lag"]
    found = ClassicalClassifier([(rule, "quote")], features=features, strategy="const").fit(table).predict(table)
    assert {SELL, UNKNOWN, BUY} >= set(found.astype(int))
    return found.astype(int)


def accuracy(found: np.ndarray, true: np.ndarray) -> float:
    return float((found == true).mean())


def figures() -> list[Figure]:
    rows = []
    for name in (*WITH_TRUTH, *WITHOUT_TRUTH):
        if not (SESSIONS / f"{name}.trades.csv.gz").exists():
            rows.append(Figure("sides", name, "not measured", "the recordings are not here"))
            continue
        signed = sign(name)
        same = accuracy(signed.ours, signed.theirs)
        apart = int((signed.ours != signed.theirs).sum())
        if name in WITH_TRUTH:
            ours = accuracy(signed.ours, signed.true)
            theirs = max(accuracy(found, signed.true) for found in (signed.theirs, signed.literal))
            tick = accuracy(signed.tick, signed.true)
            rows.append(
                Figure("sides", f"true sides found, {name}", f"{ours:.4f}",
                       f"tclf's CLNV {theirs:.4f}, its tick test {tick:.4f}; {len(signed.ours):,} prints, "
                       f"{apart} signed differently", f">= {LEAST} and no worse than tclf",
                       ours >= LEAST and ours >= theirs)
            )  # fmt: skip
        else:
            rows.append(
                Figure("sides", f"same side as tclf's CLNV, {name}", f"{same:.4f}",
                       f"{len(signed.ours):,} prints, {apart} signed differently; "
                       f"{int((signed.ours != signed.literal).sum())} where tclf gets locked and crossed quotes too",
                       f">= {ALIKE}", same >= ALIKE)
            )  # fmt: skip
    return rows


if __name__ == "__main__":
    emit(figures())
