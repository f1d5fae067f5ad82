"""How HTTP reaches a server: past proxies on this machine, with the certificates that the person trusts elsewhere."""

from __future__ import annotations

import ssl
from ipaddress import ip_address
from typing import TypedDict
from urllib.parse import urlsplit


class HttpOptions(TypedDict):
    """The options of an `httpx.Client` that depend on where the server is."""

    trust_env: bool
    verify: bool | ssl.SSLContext


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def http_options(url: str) -> HttpOptions:
    """Return the options for a server at this address.

    A proxy of the environment never stands between this machine and itself. For TLS the system's certificates count,
    those that come with httpx, and those that SSL_CERT_FILE and SSL_CERT_DIR name, on loopback too; a plain connection
    needs none, and reading them takes 15 ms.
    """
    parts = urlsplit(url)
    context = _trusted() if parts.scheme == "https" else False
    return {"trust_env": not is_loopback(parts.hostname or ""), "verify": context}


def _trusted() -> ssl.SSLContext:
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
