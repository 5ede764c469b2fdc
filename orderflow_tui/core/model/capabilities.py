"""What a source can show, and so which rules can be right on it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

SourceClass = Literal["live", "simulated", "replayed"]


class Capabilities(Struct, frozen=True):
    """What a feed states about itself.

    Attributes:
        source: Its name in the table of sources.
        source_class: Journals of different classes never mix.
        host: Where the data comes from, for the screen and the journal.
        depth_levels: Levels a side; 1 is the NBBO.
        streaming: Books arrive at each change (a stream or a recording), not by polls.
        sides_given: The source names the aggressor.
        joint_sequence: One sequence orders prints and books (recordings).
        single_venue: The book is one venue's, not the consolidated tape's.
        sessions: The New York session's bounds apply (False for crypto).
        size_scale: Size units in one share or coin.
        delay_seconds: How late the data is by contract: 0 or 900.
        quotes: Quotes are in the plan.
        trades: Trades are in the plan.
        side_check: Where books are polled, whether the source can tell the quotes of a past span (`asked`), cannot
            (`refused`), or need not because its sides are as good as they get (`none`).
        dataset: Which of the source's data sets this is (`iex`, `XNAS.ITCH`): what symbols teach is kept by it. Empty
            where the source has one only.
        sizes_are_market: The best price's size is what all venues show there; a small venue's own prices no exit.
        venues: Whose prints and quotes these are, in words, where they are not the whole market's; empty otherwise.
        whole_depth: The levels are all there is within their prices; False where big venues show their best only.
        sizes_unsure: Why sizes may be round lots instead of shares; rules on sizes are off. Empty where they are sure.
        depth_source: Which other source the book comes from; empty where it is this one's. Sides are then read from
            `Quote` events, not from the book.
        depth_margin_ms: How far that book's clock may be off the tape's: a wall is judged once the tape has passed it.
        shows: What the screen says of the depth, in the source's own words; empty for the usual ones.
        tape_sampled: Prints are read off a sampled quote: volume comes, not every print.
    """

    source: str
    source_class: SourceClass
    host: str
    depth_levels: int = 1
    streaming: bool = False
    sides_given: bool = False
    joint_sequence: bool = False
    single_venue: bool = False
    sessions: bool = True
    size_scale: int = 1
    delay_seconds: int = 0
    quotes: bool = True
    trades: bool = True
    side_check: Literal["none", "asked", "refused"] = "none"
    venues: str = ""
    dataset: str = ""
    sizes_are_market: bool = True
    whole_depth: bool = True
    sizes_unsure: str = ""
    depth_source: str = ""
    depth_margin_ms: int = 0
    shows: str = ""
    tape_sampled: bool = False

    @property
    def sides_in_doubt(self) -> str:
        """Why no burst of this source recommends leaving: what is wrong with its sides; empty where nothing is."""
        if self.sides_given:
            return "" if self.quotes else "no quotes"
        if not self.quotes:
            return "sides by tick test"
        return "sides unsure" if self.polled and self.side_check == "refused" else ""

    @property
    def sides_label(self) -> str:
        """How good the sides of prints are, in words."""
        if not self.trades:
            return ""
        return "sides from the exchange" if self.sides_given else self.sides_in_doubt or "sides from quotes"

    @property
    def asks_sides(self) -> bool:
        """Alerts about prints wait for the quotes of their span."""
        return self.polled and self.quotes and not self.sides_given and self.side_check == "asked"

    @property
    def books_streamed(self) -> bool:
        """The book is seen at each of its changes, this source's own or another's."""
        return self.streaming or bool(self.depth_source)

    @property
    def polled(self) -> bool:
        """Books are seen at polls only."""
        return not self.streaming and not self.joint_sequence

    @property
    def depth_label(self) -> str:
        """What the screen says of the depth."""
        if not self.quotes:
            return "NO QUOTES"
        if self.sizes_unsure:
            return self.sizes_unsure
        if self.shows:
            return self.shows
        if self.depth_levels > 1:
            return f"{self.venues}, {self.depth_levels} levels" if self.venues else f"{self.depth_levels} levels"
        if self.venues:
            return f"{self.venues}, 1 level"
        return "one venue's best, 1 level" if self.single_venue else "NBBO, 1 level"
