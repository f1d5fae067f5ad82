"""How the database calls its inference service: kept-alive connections, and the words for what goes wrong."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from harness.exchange import JSON, exchange
from harness.model import Module
from harness.reference.request import Refusal, Vector
from harness.reference.schema import VectorConfig

_OK = 200


class InferenceClient:
    """A client of one service. Thread-safe: each call has a connection to itself, which is kept.

    Args:
        url: `http://host:port` of the service.
        timeout: seconds that one call may take.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url.rstrip("/")
        self._exchange = exchange(self._url, timeout=timeout)

    def close(self) -> None:
        """Close the idle connections."""
        self._exchange.close()

    def image(self, image: str, call_id: str = "") -> Vector:
        """One image by img2vec's protocol: `POST /vectors`, without a `Content-Type`, as Weaviate does.

        Args:
            image: the text for the service, base64 unless its sender wants it otherwise.
            call_id: `<object uuid>_<n>`; a query gets an id of its own.

        Raises:
            Refusal: the service failed, in Weaviate's words.
        """
        body = {"id": call_id or f"search_{time.time_ns()}", "image": _whole(image)}
        status, answer = self._post("/vectors", body, "")
        if status != _OK:
            raise Refusal(f"fail with status {status}", status=500)
        return _as_vector(answer.get("vector"))

    def texts_and_images(self, texts: list[str], images: list[str]) -> tuple[list[Vector], list[Vector]]:
        """Texts and images by CLIP's protocol: one `POST /vectorize`.

        Returns:
            The vectors of the texts, then those of the images, in the order given.

        Raises:
            Refusal: the service failed, in Weaviate's words.
        """
        given = {"texts": texts, "images": images}
        body = {name: list(map(_whole, values)) for name, values in given.items() if values}
        status, answer = self._post("/vectorize", body, JSON)
        if status != _OK:
            raise Refusal(f"fail with status {status}: {answer.get('error', '')}", status=500)
        found = [[_as_vector(each) for each in answer.get(kind) or ()] for kind in ("textVectors", "imageVectors")]
        if len(found[0]) != len(texts) or len(found[1]) != len(images):
            raise Refusal("empty vector", status=500)
        return found[0], found[1]

    def meta(self) -> dict[str, Any]:
        """What the service says about itself; Weaviate shows it in its own `/v1/meta`.

        Raises:
            Refusal: the service cannot be asked.
        """
        _, answer = self._send("GET", "/meta", None, "")
        return answer

    def _post(self, route: str, body: dict[str, Any], kind: str) -> tuple[int, dict[str, Any]]:
        return self._send("POST", route, orjson.dumps(body), kind)

    def _send(self, method: str, route: str, body: bytes | None, kind: str) -> tuple[int, dict[str, Any]]:
        sent = f'send {method} request: {method.capitalize()} "{self._url}{route}"'
        try:
            reply = self._exchange.ask(method, route, body=body, kind=kind)
        except TimeoutError:
            raise Refusal(f"{sent}: context deadline exceeded", 500) from None
        except OSError as error:
            raise Refusal(f"{sent}: {_reason(error)}", 500) from None
        try:
            answer = orjson.loads(reply.body)
        except ValueError as error:
            raise Refusal(f"failed to parse vectorization response (status {reply.status}): {error}", 500) from None
        return reply.status, answer if isinstance(answer, dict) else {}


class Services:
    """The services behind a database: one for all, except where a module or a class has its own (`inferenceUrl`).

    Args:
        url: `http://host:port` of the service for all.
        timeout: seconds that one call may take.
        by_module: the services of modules that have their own.
    """

    def __init__(self, url: str, timeout: float, by_module: Mapping[Module, str] | None = None) -> None:
        self._url = url
        self._timeout = timeout
        self._by_module = dict(by_module or {})
        self._clients: dict[str, InferenceClient] = {}

    def of(self, config: VectorConfig) -> InferenceClient:
        """The service that makes the vectors of one configuration."""
        url = config.settings.get("inferenceUrl") or (self._by_module.get(config.module) if config.module else "")
        return self._client(url or self._url)

    def behind(self, module: Module) -> InferenceClient:
        """The service of a module."""
        return self._client(self._by_module.get(module, self._url))

    def _client(self, url: str) -> InferenceClient:
        client = self._clients.get(url)
        # of several threads that come first together all get the same one: another's connections nobody would close
        return client or self._clients.setdefault(url, InferenceClient(url, self._timeout))

    def close(self) -> None:
        """Close all idle connections."""
        for client in self._clients.values():
            client.close()


def _whole(text: str) -> str:
    """A text as the database has it: half a surrogate pair, which JSON can bring, is the replacement character."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _reason(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connect: connection refused"
    if isinstance(error, ConnectionError):
        return "EOF"
    return str(error)


def _as_vector(value: object) -> Vector:
    """A vector of float32; a service that answers 200 with something else has failed.

    Raises:
        Refusal: it is empty, or not made of numbers.
    """
    try:
        vector = np.asarray(value, dtype=np.float32)
    except (TypeError, ValueError):
        vector = np.empty(0, np.float32)
    if vector.ndim != 1 or not vector.size:
        raise Refusal("failed to parse vectorization response (status 200): no vector in it", status=500)
    return vector
