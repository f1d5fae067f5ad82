"""A Weaviate that runs already: asked who it is, never started, stopped or changed beyond our own collections."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from harness.errors import TargetError, UsageError
from harness.model import Endpoint, Needs
from harness.targets import address as addresses
from harness.targets.address import Address
from harness.targets.greeting import grpc_answers, meta_of
from harness.targets.metrics import published
from harness.targets.phases import Phases
from harness.targets.setup import Setup

_KEYS = ("NEARIMAGE_API_KEY", "WEAVIATE_API_KEY")
_CLOUD = (".weaviate.cloud", ".weaviate.network", ".semi.network")


class ExternalTarget:
    """A server by its address; it can do nothing for us, because it is not ours, but tell its metrics.

    Args:
        text: the address, see `address.parse`.
        setup: options; but for `read_only` a server that runs already can do nothing with any.

    Raises:
        UsageError: the address or the API key is malformed, or an option is none for it.
    """

    why_not = "it was running already"

    def __init__(self, text: str, setup: Setup | None = None) -> None:
        setup = setup or Setup()
        setup.only("a server that runs already", "read_only")
        self._address = addresses.parse(text)
        self.name = self._address.text
        self.phases = Phases()
        self.notes: list[str] = []
        self._read_only = setup.read_only
        self._version = ""
        self._weaviate = True
        self._over = ""

    def describe(self) -> str:
        """One sentence: which server was tested."""
        version = f" {self._version}" if self._version else ""
        reading = (", reading only" if self._read_only else "") + self._over
        if not self._weaviate:
            return f"no Weaviate was tested: the reference, our own stand-in, answers at {self._address.url}{reading}"
        return f"Weaviate{version} at {self._address.url} was tested: a server that was running already{reading}"

    @contextlib.contextmanager
    def open(self, needs: Needs) -> Iterator[Endpoint]:
        """Ask the server who it is and check what is needed of it; nothing is created.

        Raises:
            TargetError: unreachable, no Weaviate, the key is missing or wrong, a module is missing, gRPC was named and
                does not answer.
        """
        self.phases.clear()
        self.notes.clear()
        key = api_key()
        with self.phases.timed("server found"):
            meta = meta_of(self._address, key)
            self._check_modules(needs, meta.modules)
            grpc = self._grpc(key)
        self._version, self._weaviate = meta.version, meta.weaviate
        self._over = "" if grpc else ", over GraphQL alone"
        if key and not self._address.secure and not self._address.loopback:
            self.notes.append("the API key crosses the network unencrypted: use https if the server has it")
        yield Endpoint(
            target=self.name,
            url=self._address.url,
            version=meta.version,
            grpc=grpc,
            grpc_secure=self._address.secure,
            modules=meta.modules,
            weaviate=meta.weaviate,
            read_only=self._read_only,
            unlimited=self.why_not,
            as_found=self.why_not,
            api_key=key,
        )

    def metrics(self) -> str:
        """What the server publishes for Prometheus, if the address says on which port; else empty."""
        return published(self._address.metrics) if self._address.metrics else ""

    def _check_modules(self, needs: Needs, there: object) -> None:
        missing = [name for name in needs.modules if name not in (there if isinstance(there, dict) else {})]
        if not missing:
            return
        if is_cloud(self._address):
            hint = "These modules are not available in Weaviate Cloud: test a server that you run yourself."
        else:
            hint = (
                "Start the server with ENABLE_MODULES naming it and the address of its inference service "
                "(IMAGE_INFERENCE_API for img2vec-neural, CLIP_INFERENCE_API for multi2vec-clip), "
                "or choose scenarios that don't need it."
            )
        what = f"the server at {self._address.url} does not have the module {' and '.join(missing)}"
        raise TargetError(what, hint=hint)

    def _grpc(self, key: str) -> str:
        address = self._address
        how = f"so only GraphQL is tested: give its port, {address.url}?grpc=PORT, to test both, or grpc=off"
        if not address.grpc:
            self.notes += [] if address.grpc_named else [f"the address names no gRPC port, {how}"]
            return ""
        trouble = grpc_answers(address, key)
        if not trouble:
            return address.grpc
        if address.grpc_named:
            hint = "Check the port (Weaviate's default is 50051) and that it is published, or give grpc=off."
            raise TargetError(f"gRPC does not answer at {address.grpc}: {trouble}", hint=hint)
        self.notes.append(f"gRPC does not answer at {address.grpc}, Weaviate's default, {how}")
        return ""


def is_cloud(address: Address) -> bool:
    """True for a host of Weaviate Cloud."""
    return address.host.lower().endswith(_CLOUD)


def api_key() -> str:
    """Return the API key of the environment; empty if there is none.

    Raises:
        UsageError: it cannot be one; does not repeat it.
    """
    name = next((each for each in _KEYS if os.environ.get(each, "").strip()), "")
    key = os.environ.get(name, "").strip() if name else ""
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UsageError(f"the environment variable {name} holds a space or a character that no API key has")
    return key
