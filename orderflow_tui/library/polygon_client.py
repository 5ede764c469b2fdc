"""The public client: books and prints as records, each call retried and within the one budget."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

import msgspec

from orderflow_tui.core.model.data_models import OrderBookSnapshot, TimeAndSalesRecord
from orderflow_tui.core.model.units import datetime_ns
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds.errors import FeedError, PayloadError, SymbolNotFoundError, one_line
from orderflow_tui.feeds.live.budget import RateLimiter
from orderflow_tui.feeds.live.budgeted_http import Request
from orderflow_tui.feeds.live.retry import DEFAULT_POLICY, RetryPolicy, with_retry
from orderflow_tui.feeds.polygon import endpoints, wire
from orderflow_tui.feeds.polygon.normalize import records_of, snapshot_of
from orderflow_tui.feeds.polygon.rest_calls import BooksAnswer, Gateway, SourceConfig
from orderflow_tui.support.decoding import NO_JSON

HISTORY_LIMIT: Final = 50_000
"""Prints a page: the vendor's maximum."""
LIVE_LIMIT: Final = 5_000
LIVE_SPAN_NS: Final = 120 * 10**9
"""Up to this span a small page holds it all, and a small page stalls nobody while it is decoded."""
MAX_PAGES: Final = 40
"""Two million prints: more than any symbol prints in a day."""


class PolygonClient:
    """Snapshots and prints of Polygon.io (now Massive), or of the simulator behind the same wire format.

    Safe from any thread. Close it, or use it as a context manager.

    Args:
        config: `data_source`, `polygon_api_key`, `polygon_base_url`, `requests_per_second`.
        clock: Nanoseconds UTC.
        stop: Ends waits when set; a waiting call then raises `FeedStoppedError`.
        policy: How failed requests are repeated.
        limiter: A budget to share with others; by default one of the configured rate.

    Raises:
        DataValidationError: `CONFIG_INVALID` where the source is polygon and there is not a key.
    """

    def __init__(
        self,
        config: SourceConfig,
        *,
        clock: Callable[[], int] = time.time_ns,
        stop: threading.Event | None = None,
        policy: RetryPolicy = DEFAULT_POLICY,
        limiter: RateLimiter | None = None,
    ) -> None:
        self._clock = clock
        self._gateway = Gateway(config, clock=clock, stop=stop, limiter=limiter, policy=policy)
        self._retrying = with_retry(policy=policy, stop=stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._gateway.session.close()

    def get_level2_snapshot(self, symbol: str) -> OrderBookSnapshot:
        """One symbol's shown book: prices in dollars, sizes in shares, times UTC.

        Its freshness is for the caller to judge (`validate_level2_data`).

        Raises:
            FeedError: One of its subclasses; `SymbolNotFoundError` where the source has no quote of this symbol.
            DataValidationError: `PAYLOAD_MALFORMED` where the symbol's row cannot be read.
            ValueError: The symbol is not a ticker.
        """
        answer = self._retrying(self._answer_about)(symbol)
        if symbol in answer.malformed:
            raise DataValidationError("PAYLOAD_MALFORMED", f"{symbol}: {answer.malformed[symbol]}")
        snapshots = self._snapshots(answer, (symbol,))
        if symbol not in snapshots:
            reason = "has no quote now, or the plan has no quotes" if symbol in answer.without_quote else "is unknown"
            raise SymbolNotFoundError(HTTPStatus.NOT_FOUND, message=f"snapshot: {symbol} {reason}")
        return snapshots[symbol]

    def get_level2_snapshots(self, symbols: Sequence[str]) -> dict[str, OrderBookSnapshot]:
        """The shown books of several symbols, in one request.

        A symbol that the source does not know, or has no quote of, is absent; so is one whose row cannot be read, which
        spoils no other.

        Raises:
            FeedError: One of its subclasses.
            ValueError: A symbol is not a ticker.
        """
        if not symbols:
            return {}
        return self._snapshots(self._retrying(self._gateway.books)(symbols), symbols)

    def get_time_and_sales(self, symbol: str, start_time: datetime, end_time: datetime) -> list[TimeAndSalesRecord]:
        """The prints from `start_time` on and before `end_time`, in the order of the tape.

        Cancelled and corrected prints and fractions of a share are left out; prints that repeat volume (official open
        and close) are in, with their conditions. Sides are the tick test's with confidence 0.6, or `unknown`.

        Raises:
            FeedError: One of its subclasses; `PayloadError` where there are more pages than a day can have.
            DataValidationError: `PAYLOAD_MALFORMED`, `TAPE_PRICE` or `TAPE_SIZE` for a row that cannot be a print.
            ValueError: A naive time, or a symbol that is not a ticker.
        """
        from_ns, to_ns = datetime_ns(start_time), datetime_ns(end_time)
        if from_ns >= to_ns:
            return []
        limit = LIVE_LIMIT if to_ns - from_ns <= LIVE_SPAN_NS else HISTORY_LIMIT
        rows = self._all_pages(endpoints.trades(symbol, from_ns=from_ns, to_ns=to_ns, limit=limit))
        return records_of(symbol, rows, self._clock())

    def _all_pages(self, request: Request) -> list[wire.TradeRow]:
        rows: list[wire.TradeRow] = []
        for _ in range(MAX_PAGES):
            page = self._retrying(self._gateway.page)(request)
            rows += _decoded(page.rows)
            if page.following is None:
                return rows
            request = page.following
        raise PayloadError(message=f"trades: more than {MAX_PAGES} pages")

    def _answer_about(self, symbol: str) -> BooksAnswer:
        try:
            return self._gateway.books((symbol,))
        except FeedError as error:
            if error.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
                raise
        return self._gateway.single_book(symbol)

    def _snapshots(self, answer: BooksAnswer, symbols: Sequence[str]) -> dict[str, OrderBookSnapshot]:
        return {
            symbol: snapshot_of(
                answer.books[symbol],
                vouched_ns=answer.vouched_ns,
                depth_levels=answer.depth_levels,
                source=self._gateway.source,
            )
            for symbol in symbols
            if symbol in answer.books
        }


def _decoded(rows: Sequence[msgspec.Raw]) -> list[wire.TradeRow]:
    try:
        return wire.decode_rows(rows, list[wire.TradeRow])
    except NO_JSON as error:
        raise DataValidationError("PAYLOAD_MALFORMED", f"a print cannot be read: {one_line(str(error))}") from None
