"""A host on 127.0.0.1 that serves one made-up tape of 50,000 prints as `/v3/trades`, gzipped, page by page.

python -m benchmarks.loopback     # prints its port, serves until its standard input closes
"""

from __future__ import annotations

import gzip
import json
import random
import sys
import threading
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

RECORDS = 50_000
START_NS = 1_760_000_000_000_000_000
STEP_NS = 400_000
CONDITIONS = (None, [37], [12, 37], [14, 41], None)


@lru_cache(maxsize=1)
def rows() -> list[dict[str, Any]]:
    """Prints as the vendor writes them, about 200 bytes each, two in five off-exchange."""
    draw = random.Random(7)
    found = []
    price = 1_000_000
    for index in range(RECORDS):
        price += draw.choice((-100, 0, 0, 0, 100))
        time_ns = START_NS + index * STEP_NS + draw.randrange(STEP_NS // 2)
        row: dict[str, Any] = {
            "exchange": draw.randrange(1, 20), "id": str(52_983_525_000_000 + index),
            "participant_timestamp": time_ns - 180_000, "price": price / 10_000,
            "sequence_number": 1_000_000 + index * 3, "sip_timestamp": time_ns,
            "size": draw.randrange(1, 400), "tape": 3,
        }  # fmt: skip
        conditions = CONDITIONS[draw.randrange(len(CONDITIONS))]
        if conditions:
            row["conditions"] = conditions
        if draw.random() < 0.4:
            row |= {"exchange": 4, "trf_id": 202, "trf_timestamp": time_ns - 90_000}
        found.append(row)
    return found


@lru_cache(maxsize=32)
def page(start: int, limit: int, port: int) -> bytes:
    """One page; `next_url` where more follow."""
    body: dict[str, Any] = {"results": rows()[start : start + limit], "status": "OK", "request_id": "r"}
    if start + limit < RECORDS:
        body["next_url"] = f"http://127.0.0.1:{port}/v3/trades/TEST?cursor={start + limit}-{limit}"
    return json.dumps(body, separators=(",", ":")).encode()


@lru_cache(maxsize=32)
def packed(start: int, limit: int, port: int) -> bytes:
    return gzip.compress(page(start, limit, port), 6)


class Host(BaseHTTPRequestHandler):
    """Answers trades and nothing else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        cursor = query.get("cursor", f"0-{query.get('limit', '10')}")
        start, limit = (int(part) for part in cursor.split("-"))
        body = packed(start, limit, self.server.server_address[1])
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    server.daemon_threads = True
    port = server.server_address[1]
    for limit in (50_000, 5_000):
        for start in range(0, RECORDS, limit):
            packed(start, limit, port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
