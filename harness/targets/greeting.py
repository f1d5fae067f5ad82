"""The first words with a server that somebody else runs: is it a Weaviate, may we ask, does its gRPC answer?"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import httpx

from harness.errors import TargetError
from harness.reference.request import SERVER
from harness.targets.address import Address
from harness.transport import http_options

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 10.0
_WHOLE_SECONDS = 20.0
_LARGEST_BODY = 4 << 20
_GRPC_SECONDS = 3.0
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Meta:
    """What `/v1/meta` says: the version, and each module's entry by its name.

    `weaviate` is False if the harness's own reference answers, which says so in its `Server` header.
    """

    version: str
    modules: Mapping[str, Any]
    weaviate: bool = True


def meta_of(address: Address, key: str) -> Meta:
    """Return what a server says about itself.

    Args:
        address: where it is.
        key: the API key; empty for none.

    Raises:
        TargetError: unreachable, too slow, not allowed, not ready, or no Weaviate; says what to do, never the key.
    """
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    limits = httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
    with httpx.Client(base_url=address.url, headers=headers, timeout=limits, **http_options(address.url)) as client:
        got = _get(client, address, "/v1/meta")
        _check_status(address, got.status, got.body, got.about, given=bool(key))
        meta = replace(_parsed(address, got.status, got.body), weaviate=got.server != SERVER)
        ready = _get(client, address, "/v1/.well-known/ready").status
    if ready != httpx.codes.OK:
        what = f"the Weaviate at {address.url} says that it is not ready ({ready})"
        raise TargetError(what, hint="Wait until it is, or read its log.")
    return meta


class _Got(NamedTuple):
    """An answer: `about` is its content type, or, of a redirect, its goal."""

    status: int
    body: bytes
    about: str
    server: str


def _get(client: httpx.Client, address: Address, path: str) -> _Got:
    """Ask one route."""
    deadline = time.monotonic() + _WHOLE_SECONDS
    body = b""
    try:
        with client.stream("GET", path) as answer:
            for part in answer.iter_bytes():
                body += part
                if len(body) > _LARGEST_BODY:
                    raise _no_weaviate(address, f"{path} answers more than {_LARGEST_BODY >> 20} MiB")
                if time.monotonic() > deadline:
                    raise _too_slow(address)
            about = answer.headers.get("Location") or answer.headers.get("Content-Type", "")
            return _Got(answer.status_code, body, about, answer.headers.get("Server", ""))
    except httpx.TimeoutException as error:
        raise _too_slow(address) from error
    except httpx.HTTPError as error:
        raise _unreachable(address, error) from error


def _check_status(address: Address, status: int, body: bytes, about: str, *, given: bool) -> None:
    if status == httpx.codes.UNAUTHORIZED and given:
        hint = "Check NEARIMAGE_API_KEY (or WEAVIATE_API_KEY)."
        raise TargetError(f"the server at {address.url} does not accept the API key (401)", hint=hint)
    if status == httpx.codes.UNAUTHORIZED:
        hint = "Put it into the environment variable NEARIMAGE_API_KEY; it is never printed or stored."
        raise TargetError(f"the server at {address.url} wants an API key (401)", hint=hint)
    if status == httpx.codes.FORBIDDEN:
        hint = "Give a key whose user may read meta and the schema, and create, fill and delete collections."
        raise TargetError(f"the server at {address.url} does not allow what is asked with this key (403)", hint=hint)
    if httpx.codes.is_redirect(status):
        hint = "Give the address that it leads to, if that is the Weaviate."
        raise TargetError(f"the server at {address.url} leads elsewhere ({status} to {about[:_SHOWN]!r})", hint=hint)
    if status in (httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.GATEWAY_TIMEOUT):
        what = f"nothing ready to answer stands behind {address.url} ({status})"
        raise TargetError(what, hint="Wait until Weaviate is ready, or read its log or the proxy's.")
    if status != httpx.codes.OK:
        raise _no_weaviate(address, f"/v1/meta answers {status} {_shown(body)}")


def _parsed(address: Address, status: int, body: bytes) -> Meta:
    if not body.strip():
        raise _no_weaviate(address, f"/v1/meta answers {status} with nothing in it")
    try:
        meta = json.loads(body)
    except ValueError:
        raise _no_weaviate(address, f"/v1/meta answers no JSON but {_shown(body)}") from None
    version = meta.get("version") if isinstance(meta, dict) else None
    if not isinstance(version, str) or not version[:1].isdigit():
        raise _no_weaviate(address, f"/v1/meta tells no version: {_shown(body)}")
    modules = meta.get("modules")
    return Meta(version, modules if isinstance(modules, dict) else {})


def _shown(body: bytes) -> str:
    text = " ".join(body[: 4 * _SHOWN].decode("utf-8", errors="replace").split())
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def _no_weaviate(address: Address, because: str) -> TargetError:
    return TargetError(
        f"what answers at {address.url} is not a Weaviate: {because}",
        hint="Check host and port; Weaviate's own default port is 8080.",
    )


def _too_slow(address: Address) -> TargetError:
    return TargetError(
        f"the server at {address.url} took the connection but did not answer in time",
        hint="Check that the address is Weaviate's HTTP port (gRPC's does not answer HTTP), and how busy it is.",
    )


def _unreachable(address: Address, error: httpx.HTTPError) -> TargetError:
    reason = str(error) or type(error).__name__
    if address.secure and "ssl" in reason.lower():
        hint = "If it speaks plain HTTP, write http://; for a certificate authority of your own, set SSL_CERT_FILE."
        return TargetError(f"no secure connection to {address.url}: {reason}", hint=hint)
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        hint = "Check that it is Weaviate's HTTP port, and whether it wants https:// instead of http://."
        return TargetError(f"what answers at {address.url} does not speak HTTP: {reason}", hint=hint)
    hint = "Is the server running, and its port published? Weaviate's own default is 8080."
    return TargetError(f"there is no connection to {address.url}: {reason}", hint=hint)


def grpc_answers(address: Address, key: str) -> str:
    """Ask a server's gRPC whether it is there, over TLS where the address is https.

    Returns:
        What went wrong; empty if it answers, even with a refusal.
    """
    import grpc

    options = [("grpc.enable_http_proxy", 0)] if address.loopback else []
    channel = (
        grpc.secure_channel(address.grpc, grpc.ssl_channel_credentials(), options)
        if address.secure
        else grpc.insecure_channel(address.grpc, options)
    )
    metadata = [("authorization", f"Bearer {key}")] if key else []
    with channel:
        # The empty message needs no generated code; the standard health service is the one that Weaviate has.
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        try:
            check(b"", timeout=_GRPC_SECONDS, metadata=metadata)
        except grpc.RpcError as error:
            code = error.code()
            if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                return str(error.details() or code.name)
        return ""
