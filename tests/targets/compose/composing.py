"""What the tests of Compose files share: a file of named fakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from daemons import Images

from harness.targets.compose.target import ComposeTarget

MakeTarget = Callable[..., ComposeTarget]
FILE = """
services:
  db:
    image: {database}
    container_name: the-database
    restart: always
    environment:
      ENABLE_MODULES: img2vec-neural
      IMAGE_INFERENCE_API: http://vectors:8080
      CLUSTER_HOSTNAME: ${{NODE:-node1}}
      MONEY: 'a $$ b'
    ports: ["8080:8080", "50051:50051"]
    depends_on:
      vectors: {{condition: {condition}}}
  vectors:
    image: {service}
    healthcheck:
      test: [CMD, python3, -ISc, "{check}"]
      interval: 1s
      retries: 1
  other:
    image: {database}
    command: [never, started]
    environment: [A=B]
"""
ASKS = (
    "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8080, timeout=2); "
    "c.request('GET', '/.well-known/ready'); raise SystemExit(c.getresponse().status != 200)"
)


def write_file(
    images: Images,
    path: Path,
    weaviate: str = "fine",
    service: str = "fine",
    *,
    condition: str = "service_healthy",
    check: str = ASKS,
) -> Path:
    """Write a Compose file of fakes."""
    fakes = {"database": images.fake(weaviate), "service": images.fake(service)}
    path.write_text(FILE.format(**fakes, condition=condition, check=check), encoding="utf-8")
    return path
