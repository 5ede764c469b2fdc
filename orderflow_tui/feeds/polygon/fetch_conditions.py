"""The vendor's own list of sale conditions in the place of the embedded one, where it can be had."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from orderflow_tui.feeds.errors import AuthError, FeedError, FeedStoppedError, PayloadError
from orderflow_tui.feeds.feed import ApiFault, Arrival, Put
from orderflow_tui.feeds.polygon.rest_calls import Gateway
from orderflow_tui.feeds.polygon.sale_conditions import EMBEDDED, ConditionTable, table_from_rules

AGAIN_SECONDS: Final = 86_400.0
"""The list changes a few times a year."""


class FetchedConditions:
    """The table in force; a new one replaces it whole, between two pages of prints.

    Args:
        gateway: The host.
        put: Where a list that cannot be had is told, once.
        clock: Nanoseconds UTC.
    """

    def __init__(self, gateway: Gateway, put: Put, clock: Callable[[], int]) -> None:
        self.table: ConditionTable = EMBEDDED
        self._gateway = gateway
        self._put = put
        self._clock = clock
        self._told = False

    def poll(self) -> float:
        """Fetch the list; seconds until the next time.

        Raises:
            FeedError: It cannot be had or used; the table stays as it is.
        """
        try:
            self.table = self._fetched()
        except (AuthError, FeedStoppedError):
            raise
        except FeedError as error:
            if not self._told:
                self._told = True
                now = Arrival(time.monotonic_ns(), self._clock())
                detail = f"{error}; the built-in list of sale conditions still applies"
                self._put(ApiFault(error.error_type, detail, now, status=error.status, endpoint="conditions"))
            raise
        return AGAIN_SECONDS

    def _fetched(self) -> ConditionTable:
        try:
            return table_from_rules(self._gateway.conditions())
        except ValueError as error:
            raise PayloadError(message=f"the list of sale conditions: {error}") from None
