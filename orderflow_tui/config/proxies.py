"""The proxy that the environment names for a host, or the refusal of one that cannot be used."""

from __future__ import annotations

import os
import urllib.request
from typing import Final
from urllib.parse import urlsplit

from orderflow_tui.config.values import invalid
from orderflow_tui.support.hosts import is_loopback

_SCHEMES: Final = ("http", "https")


def proxy_of(url: str) -> str | None:
    """The proxy on the way to an address; None where none is named, and never one for this machine.

    Args:
        url: `http(s)://host[:port]`.

    Raises:
        DataValidationError: `CONFIG_INVALID`: the variable's value is no address of an HTTP proxy; it is not shown, for
            it may hold a password.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    proxies = urllib.request.getproxies()
    for kind in (parts.scheme, "all"):
        if proxy := proxies.get(kind):
            if not _usable(proxy):
                raise invalid(
                    f"{_variable(kind)} refused: must be http://host:port or https://host:port (SOCKS is not "
                    f"supported); NO_PROXY={host} goes there without a proxy"
                )
            return proxy
    return None


def _usable(proxy: str) -> bool:
    try:
        parts = urlsplit(proxy)
        _ = parts.port  # a port that is no number raises ValueError here
        return parts.scheme in _SCHEMES and bool(parts.hostname) and all("!" <= one <= "~" for one in proxy)
    except ValueError:
        return False


def _variable(kind: str) -> str:
    """Where the value stands, by the name it has there."""
    wanted = f"{kind}_proxy"
    names = sorted((name for name in os.environ if name.lower() == wanted), reverse=True)  # small letters win
    return names[0] if names else f"the system's {kind} proxy"
