"""The official Python client, version 4: what its users get, synchronous and asynchronous.

It asks over gRPC, after one HTTP request for the server's version. What it refuses to send is no answer of the server:
that is an `UnsupportedError`, in the client's own words.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, Self

import grpc
import weaviate
from weaviate.exceptions import (
    UnexpectedStatusCodeError,
    WeaviateInvalidInputError,
    WeaviateQueryError,
    WeaviateStartUpError,
    WeaviateUnsupportedFeatureError,
)

from harness.errors import UnsupportedError
from harness.interfaces.grpc import failed
from harness.interfaces.http import message_of
from harness.interfaces.image_files import ImageFiles, decoded
from harness.interfaces.python_words import Call, aggregate_call, answered, query_call, settings, tallied
from harness.interfaces.worker import Worker
from harness.model import Aggregation, Answer, NearImage, Question, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.model import Endpoint

_OWN_RETRIES = 1.0
"""Seconds beyond the timeout after which a client that tries again and again is left alone."""
_PATIENCE = 2.0
_REFUSED_BY_THE_CLIENT = (WeaviateInvalidInputError, WeaviateUnsupportedFeatureError)


class _Session:
    """A synchronous client, connected when it is first asked; lives in one thread."""

    def __init__(self, made_with: dict[str, Any]) -> None:
        self._made_with = made_with
        self._client: Any = None

    def ask(self, asked: Question | Aggregation, namespace: str, call: Call, near: Any) -> Any:
        """Return what the client makes of the answer to a call of `query` or of `aggregate`."""
        if self._client is None:
            self._client = self._connected()
        collection = self._client.collections.use(asked.collection)
        if asked.tenant is not None:
            collection = collection.with_tenant(asked.tenant)
        return self.wait(getattr(getattr(collection, namespace), call.method)(near, **call.options))

    def _connected(self) -> Any:
        client = self.made()
        try:
            self.wait(client.connect())
        except BaseException:
            with suppress(Exception):
                self.wait(client.close())
            raise
        return client

    def close(self) -> None:
        """Free the connections."""
        if self._client is not None:
            with suppress(Exception):
                self.wait(self._client.close())

    def made(self) -> Any:
        """Return a client that is not connected yet."""
        return weaviate.WeaviateClient(**self._made_with)

    def wait(self, coming: Any) -> Any:
        """Return what a call of the client's comes to."""
        return coming


class _AsyncSession(_Session):
    """An asynchronous client, with an event loop of its own."""

    def __init__(self, made_with: dict[str, Any]) -> None:
        super().__init__(made_with)
        self._runner: asyncio.Runner | None = None

    def made(self) -> Any:
        return weaviate.WeaviateAsyncClient(**self._made_with)

    def wait(self, coming: Any) -> Any:
        if self._runner is None:
            self._runner = asyncio.Runner()
            self._runner.get_loop().set_exception_handler(_without_polling)
        return self._runner.run(coming) if asyncio.iscoroutine(coming) else coming

    def close(self) -> None:
        super().close()
        if self._runner is not None:
            self._runner.close()


def _without_polling(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Leave out what grpc.aio says when another loop of this process was faster: it is asked again."""
    if not isinstance(context.get("exception"), BlockingIOError):
        loop.default_exception_handler(context)


class PythonClient:
    """Asks with `weaviate.WeaviateClient`; the image is given as base64, or in any other way with `ask_with`.

    Args:
        endpoint: the database; it must have a gRPC address.
        timeout: seconds after which an answer is `unknown`.

    Raises:
        UnsupportedError: the endpoint has no gRPC address, or the client does not take its addresses.
    """

    name = "python"
    forms: ClassVar[tuple[str, ...]] = ("base64", "path", "Path", "file")
    _kind: ClassVar[type[_Session]] = _Session

    def __init__(self, endpoint: Endpoint, *, timeout: float = 30.0) -> None:
        self._made_with = settings(endpoint, timeout)
        self._timeout = timeout
        self._files = ImageFiles()
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        self._now = self._kind(self._made_with)
        self._worker = Worker(self._now.close)

    def close(self) -> None:
        """Free the connections."""
        self._worker.end(within=_PATIENCE)
        self._files.close()

    def renew(self) -> None:
        """Forget the connection: the server was away."""
        self._worker.end(within=_PATIENCE)
        self._start()

    def ask(self, question: Question) -> Answer:
        """Send one question, an image as base64, and wait for its answer.

        Raises:
            UnsupportedError: the client has no words for it, or refuses the server.
        """
        return self.ask_with(question, "base64")

    def ask_with(self, question: Question, form: str) -> Answer:
        """Send one question, the image in one of `forms`, and wait for its answer.

        Raises:
            UnsupportedError: the client has no words for it, or refuses the server, or no file has this as its base64.
        """
        call = query_call(question)
        with ExitStack() as opened:
            near = call.near
            if isinstance(question.near, NearImage) and form != "base64":
                near = self._file(question.near.image, form, opened)
            return self._answered(
                partial(self._now.ask, question, "query", call, near), partial(answered, question=question)
            )

    def aggregate(self, aggregation: Aggregation) -> Answer:
        """Have counted what a search finds, and wait for the answer.

        Raises:
            UnsupportedError: the client has no words for it, or refuses the server.
        """
        call = aggregate_call(aggregation)
        return self._answered(
            partial(self._now.ask, aggregation, "aggregate", call, call.near),
            partial(tallied, aggregation=aggregation),
        )

    def _answered(self, asking: Callable[[], Any], read: Callable[[Any, float], Answer]) -> Answer:
        sent = perf_counter()
        try:
            found = self._worker.do(asking, within=self._timeout + _OWN_RETRIES)
        except TimeoutError:
            self._worker.end()
            self._start()
            message = f"the client did not come back within {self._timeout:g} s"
            return Answer(State.UNKNOWN, (), message, "", sent, perf_counter())
        except Exception as error:  # noqa: BLE001 - a client raises what it likes, and each has to be judged
            return judged(error, sent)
        return read(found, sent)

    def _file(self, image: str, form: str, opened: ExitStack) -> Any:
        data = decoded(image)
        if data is None:
            raise UnsupportedError("no file has this text as its base64")
        path = self._files.path(data)
        if form == "file":
            return opened.enter_context(path.open("rb"))
        return path if form == "Path" else str(path)


class AsyncPythonClient(PythonClient):
    """The same with `weaviate.WeaviateAsyncClient`."""

    name = "python-async"
    _kind = _AsyncSession


def judged(error: Exception, sent: float) -> Answer:
    """What an exception of the client's says about the server.

    Raises:
        UnsupportedError: nothing was asked of it.
    """
    if isinstance(error, TypeError) and "unexpected keyword argument" in str(error):
        raise UnsupportedError(f"the Python client breaks over it: {error}") from error  # aggregate.near_image, 4.24
    if isinstance(error, _REFUSED_BY_THE_CLIENT) or (isinstance(error, WeaviateStartUpError) and not error.__cause__):
        raise UnsupportedError(f"the Python client refuses: {str(error).strip().rstrip('.')}") from error
    if isinstance(error, UnexpectedStatusCodeError):
        said = message_of(error.error) if isinstance(error.error, dict) else str(error.error or error)
        return Answer(State.REFUSED, (), said or str(error), str(error.status_code), sent, perf_counter())
    cause = error.__context__
    while cause is not None and not isinstance(cause, grpc.RpcError):
        cause = cause.__context__
    if isinstance(error, WeaviateQueryError) and isinstance(cause, grpc.RpcError):
        return failed(cause, sent)
    return Answer(State.UNKNOWN, (), f"{type(error).__name__}: {error}", "", sent, perf_counter())
