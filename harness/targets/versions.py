"""Which Weaviate is meant where nobody says a version."""

from __future__ import annotations

OFFICIAL = "1.39.0"
"""The newest release that this version of the harness was run against."""
