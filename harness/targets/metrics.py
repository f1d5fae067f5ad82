"""What a Weaviate publishes for Prometheus, if it was started with PROMETHEUS_MONITORING_ENABLED."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

from harness.exchange import exchange

PORT = 2112
"""Where, unless PROMETHEUS_MONITORING_PORT says otherwise."""

_SECONDS = 5.0
_YES = ("true", "1", "on", "enabled")


def published(address: str) -> str:
    """Return the metrics at an address, `host:port`, in Prometheus's text format; empty where nobody publishes any."""
    with closing(exchange(f"http://{address}", timeout=_SECONDS)) as server:
        try:
            return server.ask("GET", "/metrics").body.decode("utf-8", errors="replace")
        except OSError:
            return ""


def port_of(settings: Mapping[str, str]) -> int:
    """Return where a database with these settings publishes them; 0: nowhere."""
    if settings.get("PROMETHEUS_MONITORING_ENABLED", "").lower() not in _YES:
        return 0
    named = settings.get("PROMETHEUS_MONITORING_PORT", "")
    return int(named) if named.isdecimal() else PORT
