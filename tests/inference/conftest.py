"""Fixtures of the inference service's tests: loaded models, and services to ask."""

from __future__ import annotations

import pytest
from inference_asking import Ask, asker

from harness.inference.encoders import Encoders, load


@pytest.fixture(scope="session")
def photo() -> Encoders:
    """The photo encoders with their models loaded."""
    return load("photo", preload=True)


@pytest.fixture
def ask() -> Ask:
    """Ask a fresh service that knows planted vectors and loads its models when they are needed."""
    return asker(load("auto"))


@pytest.fixture
def ask_planted() -> Ask:
    """Ask a fresh service that knows planted vectors only."""
    return asker(load("planted"))
