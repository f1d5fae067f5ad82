"""How HTTP reaches a server."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from harness.transport import http_options, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "db.localhost"])
def test_this_machine_is_recognised(host: str) -> None:
    """Each way to write this machine's own address is one."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "example.org", "localhost.example.org", ""])
def test_other_machines_are_not_this_one(host: str) -> None:
    """A name that only looks like this machine's is another's."""
    assert not is_loopback(host)


def test_no_proxy_stands_before_this_machine() -> None:
    """Proxies of the environment count for other machines and not for this one."""
    assert not http_options("http://127.0.0.1:8080")["trust_env"]
    assert http_options("http://example.org:8080")["trust_env"]


def test_a_plain_connection_reads_no_certificates() -> None:
    """Without TLS nothing is verified and nothing is read."""
    assert http_options("http://127.0.0.1:8080")["verify"] is False


def test_a_secure_connection_verifies_on_loopback_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With TLS the server's certificate is verified, and SSL_CERT_FILE adds to what is trusted."""
    verify = http_options("https://localhost:8443")["verify"]
    assert isinstance(verify, ssl.SSLContext)
    assert verify.verify_mode is ssl.CERT_REQUIRED
    empty = tmp_path / "none.pem"
    empty.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(empty))
    assert isinstance(http_options("https://localhost:8443")["verify"], ssl.SSLContext)
