"""A simulated TWS: one market, many clients, and what goes wrong with them. It takes no order."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Final

from orderflow_tui.feeds.simulator.ibkr.client_session import Client
from orderflow_tui.feeds.simulator.ibkr.frames import ClientError, frame, greeted, received
from orderflow_tui.feeds.simulator.ibkr.market_lines import Shared
from orderflow_tui.feeds.simulator.ibkr.tws_behavior import IbkrFault, Options
from orderflow_tui.feeds.simulator.market import Market

READY_SECONDS: Final = 10.0
START = "71"
ACCOUNT: Final = "DU0000001"
_CLIENT_ID_TAKEN: Final = "Unable to connect as the client id is already in use. Retry with a unique client id."
_NEWS: Final = {
    "lost": (1100, "Connectivity between IB and Trader Workstation has been lost."),
    "back_lost": (1101, "Connectivity between IB and Trader Workstation has been restored - data lost."),
    "back_kept": (1102, "Connectivity between IB and Trader Workstation has been restored - data maintained."),
    "farm_broken": (2103, "Market data farm connection is broken:usfarm"),
    "farm_back": (2104, "Market data farm connection is OK:usfarm"),
}


class IbkrGateway:
    """Serves connections; faults by a timetable, or at once from a test.

    Args:
        market: Advanced to the present all the time.
        options: What the login has and how TWS is set.
        faults: What goes wrong when, counted from the first connection.
        clock: Nanoseconds UTC.
    """

    def __init__(
        self,
        market: Market,
        options: Options | None = None,
        *,
        faults: Sequence[IbkrFault] = (),
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.shared = Shared(market, options or Options(), clock)
        self.clients: dict[int, Client] = {}
        self.connections = 0
        self._faults = list(faults)
        self._due: list[asyncio.TimerHandle] | None = None
        self._refuse_ids = 0
        self._away_until = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first byte to its end."""
        self.connections += 1
        try:
            if time.monotonic() < self._away_until:
                writer.transport.abort()
            elif self.shared.options.silent:
                await asyncio.sleep(600)
            else:
                await self._talk(reader, writer)
        except (ClientError, OSError, EOFError, TimeoutError):
            writer.transport.abort()
        finally:
            with contextlib.suppress(OSError):
                writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(READY_SECONDS):
            _, highest = await greeted(reader)
            version = min(self.shared.options.version, highest)
            writer.write(frame(version, time.strftime("%Y%m%d %H:%M:%S EST")))
            asked = await received(reader)
        if asked[0] != START or len(asked) < 3 or not asked[2].isdigit():
            raise ClientError("no start")
        client_id = int(asked[2])
        if client_id in self.clients or self._refuse_ids:
            self._refuse_ids = max(self._refuse_ids - 1, 0)
            writer.write(frame(4, 2, -1, 326, _CLIENT_ID_TAKEN, ""))
            await writer.drain()
            return
        client = self.clients[client_id] = Client(self.shared, reader, writer)
        writer.write(frame(15, 1, ACCOUNT) + frame(9, 1, 1))
        for code, text in ((2104, "Market data farm connection is OK:usfarm"), (2158, "Sec-def data farm is OK")):
            client.fail(-1, code, text)
        self._plan()
        try:
            await client.serve()
        finally:
            del self.clients[client_id]

    # --- faults -----------------------------------------------------------------------------------------------------

    def _plan(self) -> None:
        if self._due is None:
            loop = asyncio.get_running_loop()
            self._due = [loop.call_later(fault.after, self.hit, fault) for fault in self._faults]

    def hit(self, fault: IbkrFault) -> None:
        """Let it happen now; in the server's thread."""
        clients = tuple(self.clients.values())
        match fault.kind:
            case "id_taken":
                self._refuse_ids = fault.times
            case "restart":
                self._away_until = time.monotonic() + fault.seconds
                for client in clients:
                    client.close()
            case "lost" | "back_lost" | "back_kept" | "farm_broken" | "farm_back":
                self.shared.lost = fault.kind == "lost"
                for client in clients:
                    client.fail(-1, *_NEWS[fault.kind])
                    if fault.kind == "back_lost":
                        client.forget()
            case _:
                for client in clients:
                    client.hit(fault)
