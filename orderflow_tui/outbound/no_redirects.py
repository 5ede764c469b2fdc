"""For child processes whose clients use `requests`: what they send goes to the host that was named, nowhere else."""

from __future__ import annotations


def follow_no_redirects() -> None:
    """Let every session of `requests` in this process follow no redirect and keep no cookie.

    A redirected message would take its token, and a redirected login its password, to whatever host the answer names.

    Raises:
        ImportError: The library is not installed; whatever needs it says so.
    """
    from requests import sessions  # noqa: PLC0415 comes with the extras that need it

    sessions.Session.get_redirect_target = lambda _session, _response: None
    sessions.extract_cookies_to_jar = lambda *_: None
