"""The child process that pushes one message through apprise: the line on stdin, the addresses in `APPRISE_URLS`.

Apprise and its requests library stay out of the dashboard's memory, and a service that hangs is killed with the child.
Exit codes: 0 said, 3 not installed, 4 no addresses, 5 no usable address, 6 a service failed.
"""

from __future__ import annotations

import json
import logging
import os
import sys

from orderflow_tui.outbound.no_redirects import follow_no_redirects


def main() -> int:
    """Push the message on stdin."""
    try:
        import apprise  # noqa: PLC0415 an optional extra

        follow_no_redirects()
    except ImportError:
        return 3
    logging.disable(logging.CRITICAL)  # its log lines hold the addresses, and those hold tokens
    addresses = os.environ.get("APPRISE_URLS", "").split()
    if not addresses:
        return 4
    message = json.loads(sys.stdin.buffer.readline())
    services = apprise.Apprise()
    if not all(services.add(address) for address in addresses):
        return 5
    urgent = message["level"] > 2 and message["weight"] == "leads"
    kind = apprise.NotifyType.FAILURE if urgent else apprise.NotifyType.WARNING
    said = services.notify(
        title=message["title"], body=message["body"], notify_type=kind, body_format=apprise.NotifyFormat.TEXT
    )
    return 0 if said else 6


if __name__ == "__main__":
    sys.exit(main())
