"""How a person connects to a running endpoint from Python, TypeScript and a shell."""

from __future__ import annotations

from harness.model import Endpoint
from harness.targets.address import GRPC_PORT, split

_KEY = "NEARIMAGE_API_KEY"


def connection_help(endpoint: Endpoint) -> str:
    """Return the lines to copy; the API key appears only as the name of its environment variable."""
    parts = [("Python", _python(endpoint)), ("TypeScript", _typescript(endpoint)), ("Shell", _shell(endpoint))]
    return "\n\n".join(f"{name}:\n{text}" for name, text in parts)


def _addresses(endpoint: Endpoint) -> tuple[str, int, str, int]:
    scheme, _, rest = endpoint.url.partition("://")
    host, port = split(rest)
    grpc_host, grpc_port = split(endpoint.grpc) if endpoint.grpc else (host, GRPC_PORT)
    return host, port or (443 if scheme == "https" else 80), grpc_host, grpc_port


def _python(endpoint: Endpoint) -> str:
    host, port, grpc_host, grpc_port = _addresses(endpoint)
    secure = endpoint.url.startswith("https:")
    lines = [
        "  import weaviate",
        "  client = weaviate.connect_to_custom(",
        f'      http_host="{host}", http_port={port}, http_secure={secure},',
        f'      grpc_host="{grpc_host}", grpc_port={grpc_port}, grpc_secure={endpoint.grpc_secure},',
    ]
    if endpoint.api_key:
        lines.insert(1, "  import os")
        lines.append(f'      auth_credentials=weaviate.auth.AuthApiKey(os.environ["{_KEY}"]),')
    if not endpoint.grpc:
        lines.append("      skip_init_checks=True,  # no gRPC here: only what goes over REST works")
    return "\n".join([*lines, "  )"])


def _typescript(endpoint: Endpoint) -> str:
    host, port, grpc_host, grpc_port = _addresses(endpoint)
    secure = str(endpoint.url.startswith("https:")).lower()
    lines = [
        "  import weaviate from 'weaviate-client';",
        "  const client = await weaviate.connectToCustom({",
        f"    httpHost: '{host}', httpPort: {port}, httpSecure: {secure},",
        f"    grpcHost: '{grpc_host}', grpcPort: {grpc_port}, grpcSecure: {str(endpoint.grpc_secure).lower()},",
    ]
    if endpoint.api_key:
        lines.append(f"    authCredentials: new weaviate.ApiKey(process.env.{_KEY}!),")
    if not endpoint.grpc:
        lines.append("    skipInitChecks: true, // no gRPC here: only what goes over REST works")
    return "\n".join([*lines, "  });"])


def _shell(endpoint: Endpoint) -> str:
    key = f' -H "Authorization: Bearer ${_KEY}"' if endpoint.api_key else ""
    return f"  curl -s{key} {endpoint.url}/v1/meta"
