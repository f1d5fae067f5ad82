"""One HTTP request to a server that may misbehave, and what became of it: ok, refused or unknown.

`exchange` is what sends it; nothing that goes wrong there leaves this module as anything but a `Reply`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from harness.errors import AnswerError
from harness.exchange import Raw, exchange
from harness.model import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from harness.model import Endpoint

_NO_CONTENT = 204
_REDIRECT = 300
_CLIENT_ERROR = 400
_SERVER_ERROR = 500
_SHOWN = 200  # characters of a body that is no answer, shown in the message


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one request: `body` is the decoded JSON of an `ok` or a `refused` one, None if it had none.

    `code` is the HTTP status, empty if none came. `sent` and `received` are seconds of `time.perf_counter`.
    """

    state: State
    code: str = ""
    message: str = ""
    body: Any = None
    sent: float = 0.0
    received: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the server did what was asked."""
        return self.state is State.OK

    def need(self, what: str) -> Any:
        """The body of an `ok` reply.

        Args:
            what: what was asked for, as in "could not <what>".

        Raises:
            AnswerError: it was refused, or nobody knows what became of it.
        """
        if self.ok:
            return self.body
        raise AnswerError(f"could not {what}: {self.message or self.code or self.state}")


class HttpWire:
    """One pooled HTTP client for one endpoint; asking never raises for what a server did.

    Args:
        endpoint: the database.
        timeout: seconds to wait for each piece of an answer; for a connection it is five at most.
    """

    def __init__(self, endpoint: Endpoint, *, timeout: float) -> None:
        self._endpoint = endpoint
        self._timeout = timeout
        self.renew()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def renew(self) -> None:
        """Have connections of its own from now on; those of before are of no use when the server was away."""
        self._exchange = exchange(self._endpoint.url, headers=self._endpoint.headers, timeout=self._timeout)

    def close(self) -> None:
        """Free the connections."""
        self._exchange.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        empty_ok: bool = False,
    ) -> Reply:
        """Send one request and wait for its whole answer.

        Args:
            method: GET, POST, …
            path: the path, starting with a slash.
            body: what is sent as JSON; bytes are sent as they are, None sends no body.
            params: the query string.
            empty_ok: whether success may come without a body; a 204 always may.

        Raises:
            ValueError: `body` holds NaN or an infinity, which JSON cannot.
        """
        content = body if body is None or isinstance(body, bytes) else encode(body)
        sent = perf_counter()
        try:
            answer = self._exchange.ask(method, path, body=content, params=params)
        except TimeoutError:
            message = f"no answer within {self._timeout:g} s"
            return Reply(State.UNKNOWN, message=message, sent=sent, received=perf_counter())
        except OSError as error:
            message = f"the connection broke: {error}"
            return Reply(State.UNKNOWN, message=message, sent=sent, received=perf_counter())
        return judged(answer, sent, empty_ok=empty_ok)


def encode(body: Any) -> bytes:
    """JSON as UTF-8, compact.

    Raises:
        ValueError: it holds NaN or an infinity.
    """
    return json.dumps(body, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()


def message_of(body: Any) -> str:
    """The sentence in an error body, in either of the two shapes that Weaviate's routes use; empty if there is none.

    Source: observed, 1.19 to 1.39: `{"error": [{"message": m}, …]}` and `{"code": n, "message": m}`.
    """
    if not isinstance(body, dict):
        return ""
    errors = body.get("error")
    if isinstance(errors, list):
        return "; ".join(str(entry["message"]) for entry in errors if isinstance(entry, dict) and entry.get("message"))
    message = body.get("message", errors)
    return message if isinstance(message, str) else ""


def judged(answer: Raw, sent: float, *, empty_ok: bool) -> Reply:
    """What became of a request, from the answer to it.

    Args:
        answer: as it came.
        sent: when the request was sent.
        empty_ok: whether success may come without a body; a 204 always may.
    """
    received = perf_counter()
    status = answer.status
    body, is_json = _json(answer.body)

    def reply(state: State, message: str = "") -> Reply:
        return Reply(state, str(status), message, body, sent, received)

    if status >= _CLIENT_ERROR:
        said = message_of(body)
        # A server error without a sentence comes from a gateway or a crash: what was asked may have been done.
        state = State.REFUSED if said or status < _SERVER_ERROR else State.UNKNOWN
        return reply(state, said or f"{status} {answer.reason}: {_start(answer.body)}".rstrip(": "))
    if status >= _REDIRECT:
        return reply(State.UNKNOWN, f"{status} {answer.reason}: redirects are not followed")
    if not answer.body and not empty_ok and status != _NO_CONTENT:
        return reply(State.UNKNOWN, f"{status} with an empty body")
    if answer.body and not is_json:
        return reply(State.UNKNOWN, f"{status} with a body that is not JSON: {_start(answer.body)}")
    return reply(State.OK)


def _json(body: bytes) -> tuple[Any, bool]:
    try:
        return json.loads(body), True
    except (ValueError, RecursionError):
        return None, False


def _start(body: bytes) -> str:
    text = body[: 4 * _SHOWN].decode("utf-8", "replace").strip()
    return " ".join(text.split())[:_SHOWN]
