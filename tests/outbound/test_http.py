"""What a client trusts."""

from __future__ import annotations

import ssl

from orderflow_tui.outbound.http import _tls


def test_a_host_without_encryption_is_asked_by_a_client_that_trusts_nobody() -> None:
    assert _tls("https://api.example") is True
    nobody = _tls("http://127.0.0.1:1")
    assert isinstance(nobody, ssl.SSLContext)
    assert (nobody.verify_mode, nobody.check_hostname, nobody.get_ca_certs()) == (ssl.CERT_REQUIRED, True, [])
