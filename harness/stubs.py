"""Weaviate's gRPC messages and services, from the stubs that the official Python client brings, without the client.

Importing the client takes half a second, and nothing of it is wanted here but `weaviate.proto.v1`, which chooses the
stubs that fit the installed protobuf.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

_CLIENT = "weaviate"
_STUBS = f"{_CLIENT}.proto"


def _found() -> ModuleType:
    """Import the stubs under a stand-in for the client's package; in the ordinary way if that does not work."""
    if _CLIENT not in sys.modules:
        with suppress(Exception):
            return _under_a_stand_in()
    return import_module(f"{_STUBS}.v1")


def _under_a_stand_in() -> ModuleType:
    spec = find_spec(_CLIENT)
    stand_in = ModuleType(_CLIENT)
    stand_in.__path__ = list(spec.submodule_search_locations or ()) if spec else []
    sys.modules[_CLIENT] = stand_in
    kept = ""
    try:
        stubs = import_module(f"{_STUBS}.v1")
        kept = _STUBS
        return stubs
    finally:
        # a real `import weaviate` finds everything as if nobody had been here, but for the stubs, which may exist once
        del sys.modules[_CLIENT]
        for name in [each for each in sys.modules if each.startswith(f"{_CLIENT}.")]:
            if not (kept and name.startswith(kept)):
                del sys.modules[name]


_v1 = _found()
aggregate_pb2 = _v1.aggregate_pb2
base_pb2 = _v1.base_pb2
base_search_pb2 = _v1.base_search_pb2
batch_delete_pb2 = _v1.batch_delete_pb2
batch_pb2 = _v1.batch_pb2
health_weaviate_pb2 = _v1.health_weaviate_pb2
properties_pb2 = _v1.properties_pb2
search_get_pb2 = _v1.search_get_pb2
tenants_pb2 = _v1.tenants_pb2
weaviate_pb2_grpc = _v1.weaviate_pb2_grpc
