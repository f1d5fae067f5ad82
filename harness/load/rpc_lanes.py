"""The slower ways to ask under load: gRPC, with messages that were serialised beforehand, and the official client.

Both share one connection among their lanes, as their users do; what these libraries take for themselves can't be told
apart from the service time.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import grpc
import orjson

from harness.errors import UnsupportedError
from harness.interfaces.grpc import channel_options, compose, failed
from harness.interfaces.grpc_reading import read_hits
from harness.load.lanes import STAMP, Done, Encoded, Lost
from harness.load.samples import Fate
from harness.model import Answer, Hit, NearImage, Question, State
from harness.stubs import search_get_pb2

if TYPE_CHECKING:
    from harness.interfaces.python_words import Call
    from harness.model import Endpoint

_SEARCH = "/weaviate.v1.Weaviate/Search"
_LATE = grpc.StatusCode.DEADLINE_EXCEEDED.name
_NAN = float("nan")


class _Slot(ABC):
    """A lane of a library that has a coroutine for each request."""

    def __init__(self, done: Done) -> None:
        self.row, self.sent, self.usable = -1, 0.0, True
        self._done = done
        self._task: asyncio.Task[None] | None = None

    def send(self, row: int, request: Any) -> None:
        """Start a request."""
        self.row = row
        self.sent = perf_counter()
        self._task = asyncio.get_running_loop().create_task(self._sent(request))

    def abort(self) -> None:
        """Cancel the request."""
        self.usable = False
        if self._task is not None:
            self._task.cancel()

    async def _sent(self, request: Any) -> None:
        try:
            fate, received, body = await self.ask(request)
        except Exception as error:  # noqa: BLE001 - a task's error is read by nobody
            asyncio.get_running_loop().call_exception_handler({"message": str(error), "exception": error})
            return
        self._done(self, fate, received, _NAN, body)

    @abstractmethod
    async def ask(self, request: Any) -> tuple[Fate, float, bytes]:
        """Return what became of a request, when, and the answer or the words of a refusal."""


def _what_became(answer: Answer) -> tuple[Fate, float, bytes]:
    """What an answer that is none says."""
    if answer.state is State.REFUSED:
        return Fate.REFUSED, answer.received, answer.message.encode()
    return Fate.TIMEOUT if answer.code == _LATE else Fate.BROKEN, answer.received, answer.message.encode()


# --- gRPC ----------------------------------------------------------------------------------------


class _GrpcSlot(_Slot):
    def __init__(self, call: Any, metadata: Any, done: Done) -> None:
        super().__init__(done)
        self._call, self._metadata = call, metadata

    async def ask(self, request: bytes) -> tuple[Fate, float, bytes]:
        try:
            body: bytes = await self._call(request, metadata=self._metadata)
        except grpc.RpcError as error:
            return _what_became(failed(error, self.sent))
        return Fate.OK, perf_counter(), body


class GrpcWire:
    """Asks Weaviate's `Search`, on one channel; bytes go in and come out.

    Args:
        endpoint: the database, with a gRPC address.
    """

    name = "grpc"

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._metadata = tuple((name.lower(), value) for name, value in endpoint.headers.items())
        self._channel: Any = None

    def encode(self, question: Question) -> Encoded:
        """Return the serialised message of a question.

        Raises:
            UnsupportedError: gRPC has no room for it.
        """
        try:
            return Encoded.of(compose(question).SerializeToString())
        except (ValueError, TypeError) as error:
            raise UnsupportedError(f"gRPC cannot say this: {error}") from error

    async def open(self, done: Done, lost: Lost) -> _GrpcSlot:
        """Return a lane; the first one connects.

        Raises:
            OSError: there is no connection within five seconds.
        """
        del lost  # the channel connects again by itself
        if self._channel is None:
            self._channel = await _connected(self._endpoint)
        return _GrpcSlot(self._channel.unary_unary(_SEARCH), self._metadata, done)

    async def close(self) -> None:
        """Close the channel."""
        if self._channel is not None:
            await self._channel.close()
            self._channel = None

    def decoded(self, body: bytes, question: Question) -> Answer:
        """Return a serialised reply as an answer."""
        try:
            hits = read_hits(search_get_pb2.SearchReply.FromString(body), question)
        except Exception as error:  # noqa: BLE001 - protobuf raises what it likes
            return Answer(State.UNKNOWN, (), f"an answer that cannot be read: {error}", "OK")
        return Answer(State.OK, hits, "", "OK")


async def _connected(endpoint: Endpoint) -> Any:
    from grpc import aio

    from harness.exchange import CONNECT_SECONDS

    options = channel_options(endpoint)
    if endpoint.grpc_secure:
        channel = aio.secure_channel(endpoint.grpc, grpc.ssl_channel_credentials(), options)
    else:
        channel = aio.insecure_channel(endpoint.grpc, options)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await channel.channel_ready()
    except TimeoutError as error:
        await channel.close()
        raise OSError(f"no gRPC connection to {endpoint.grpc}") from error
    return channel


# --- the official Python client ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Ask:
    """A question in the client's words."""

    question: Question
    call: Call

    def numbered(self, number: int) -> tuple[_Ask, Any]:
        near = self.call.near
        if isinstance(self.question.near, NearImage) and isinstance(near, str):
            near = near.replace(STAMP, f"{number:016d}")
        return self, near


class _ClientSlot(_Slot):
    def __init__(self, client: Any, done: Done) -> None:
        super().__init__(done)
        self._client = client

    async def ask(self, request: tuple[_Ask, Any]) -> tuple[Fate, float, bytes]:
        from harness.interfaces.python_client import judged
        from harness.interfaces.python_words import answered

        asked, near = request
        collection = self._client.collections.use(asked.question.collection)
        try:
            found = await getattr(collection.query, asked.call.method)(near, **asked.call.options)
        except Exception as error:  # noqa: BLE001 - a client raises what it likes, and each has to be judged
            return _what_became(judged(error, self.sent))
        received = perf_counter()
        hits = answered(found, self.sent, question=asked.question).hits
        return Fate.OK, received, orjson.dumps([(hit.id, hit.distance, hit.certainty) for hit in hits])


class PythonWire:
    """Asks with `weaviate.WeaviateAsyncClient`; one client has all the lanes.

    Args:
        endpoint: the database, with a gRPC address.

    Raises:
        UnsupportedError: the client does not take its address.
    """

    name = "python"

    def __init__(self, endpoint: Endpoint, *, timeout: float = 30.0) -> None:
        from harness.interfaces.python_words import settings

        self._made_with = settings(endpoint, timeout)
        self._client: Any = None

    def encode(self, question: Question) -> _Ask:
        """Return a question in the client's words.

        Raises:
            UnsupportedError: it has none.
        """
        from harness.interfaces.python_words import query_call

        return _Ask(question, query_call(question))

    async def open(self, done: Done, lost: Lost) -> _ClientSlot:
        """Return a lane; the first one connects.

        Raises:
            OSError: the client does not connect.
        """
        del lost
        if self._client is None:
            import weaviate

            client = weaviate.WeaviateAsyncClient(**self._made_with)
            try:
                await client.connect()
            except Exception as error:
                await client.close()
                raise OSError(f"the Python client does not connect: {error}") from error
            self._client = client
        return _ClientSlot(self._client, done)

    async def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def decoded(self, body: bytes, question: Question) -> Answer:
        """Return what was kept of an answer."""
        del question
        hits = tuple(Hit(id_, distance, certainty) for id_, distance, certainty in orjson.loads(body))
        return Answer(State.OK, hits, "", "OK")
