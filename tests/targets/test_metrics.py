"""Where a database publishes its metrics."""

from __future__ import annotations

import pytest

from harness.targets.metrics import port_of


@pytest.mark.parametrize(
    ("settings", "port"),
    [
        ({}, 0),
        ({"PROMETHEUS_MONITORING_ENABLED": "false", "PROMETHEUS_MONITORING_PORT": "9"}, 0),
        ({"PROMETHEUS_MONITORING_ENABLED": "True"}, 2112),
        ({"PROMETHEUS_MONITORING_ENABLED": "on", "PROMETHEUS_MONITORING_PORT": "9100"}, 9100),
    ],
)
def test_metrics_are_published_where_settings_say(settings: dict[str, str], port: int) -> None:
    """Only if they are switched on; at Weaviate's usual port unless another one is named."""
    assert port_of(settings) == port
