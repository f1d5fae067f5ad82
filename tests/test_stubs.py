"""The gRPC stubs without the client that brings them."""

from __future__ import annotations

import subprocess
import sys

import pytest


def answer_of(program: str) -> str:
    """What a fresh Python prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_client_is_not_imported() -> None:
    """Only the stubs are there afterwards, not the half second of imports around them."""
    program = "import harness.stubs, sys; print([n for n in sys.modules if n.split('.')[:2] == ['weaviate']], sorted("
    program += "n for n in sys.modules if n.startswith('weaviate.') and not n.startswith('weaviate.proto')))"
    assert answer_of(program) == "[] []"


@pytest.mark.parametrize("order", ["harness.stubs, weaviate", "weaviate, harness.stubs"])
def test_the_client_can_be_imported_as_well(order: str) -> None:
    """Before or after, the client is whole, and its messages are the same."""
    program = f"import {order}; import weaviate.exceptions; from weaviate.proto.v1 import base_pb2; "
    program += "print(harness.stubs.base_pb2 is base_pb2, weaviate.exceptions.WeaviateQueryError.__name__, "
    program += "callable(weaviate.connect_to_local))"
    assert answer_of(program) == "True WeaviateQueryError True"
