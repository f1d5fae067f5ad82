"""How people connect to an endpoint, and what the doctor finds on a machine."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest
import weaviate

from harness.model import Endpoint
from harness.targets import binaries
from harness.targets.connect import connection_help
from harness.targets.doctor import Fact, facts

PLAIN = Endpoint("x", "http://127.0.0.1:8080", "1.39.0", grpc="127.0.0.1:50051")
SECURE = Endpoint("x", "https://db:443", "1.39.0", grpc="db:50051", grpc_secure=True, api_key="s3cret")
SIXTH = Endpoint("x", "http://[::1]:8080", "1.39.0")


def python_call(text: str) -> dict[str, object]:
    """The arguments of the Python snippet's call, as far as they are plain values."""
    block = text.partition("Python:\n")[2].partition("\n\n")[0]
    code = "\n".join(line[2:] for line in block.splitlines())
    (call,) = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) and _is_connect(node)]
    return {
        str(each.arg): each.value.value if isinstance(each.value, ast.Constant) else ast.unparse(each.value)
        for each in call.keywords
    }


def _is_connect(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == "connect_to_custom"


@pytest.mark.parametrize("endpoint", [PLAIN, SECURE, SIXTH])
def test_the_python_lines_call_the_client_as_it_is(endpoint: Endpoint) -> None:
    """Each argument is one that the installed client's connect_to_custom has."""
    arguments = python_call(connection_help(endpoint))
    inspect.signature(weaviate.connect_to_custom).bind(**arguments)


def test_addresses_and_encryption_are_the_endpoint_s() -> None:
    """HTTP and gRPC each get their own host, port and TLS; an IPv6 host has no brackets."""
    secure, sixth = python_call(connection_help(SECURE)), python_call(connection_help(SIXTH))
    assert (secure["http_port"], secure["grpc_port"]) == (443, 50051)
    assert (secure["http_secure"], secure["grpc_secure"]) == (True, True)
    assert (sixth["http_host"], sixth["skip_init_checks"]) == ("::1", True)


def test_three_ways_are_shown_and_the_key_is_not() -> None:
    """Python, TypeScript and the shell name the environment variable of the key, never the key."""
    text = connection_help(SECURE)
    assert [line for line in text.splitlines() if line.endswith(":") and line[0] != " "] == [
        "Python:",
        "TypeScript:",
        "Shell:",
    ]
    assert "s3cret" not in text
    assert text.count("NEARIMAGE_API_KEY") == 3


def found(name: str) -> Fact:
    """The doctor's fact of that name."""
    (fact,) = [each for each in facts() if each.name == name]
    return fact


def test_the_doctor_knows_this_machine() -> None:
    """Python, processors, packages, models, GPU, embedded Weaviate, Docker and ports each have a line."""
    names = {fact.name for fact in facts()}
    assert {"python", "processors", "weaviate-client", "models", "gpu", "embedded", "docker", "ports"} <= names


def test_a_machine_without_any_weaviate_is_told_how_to_get_one() -> None:
    """No binary is nothing wrong, but the hint says what would find one."""
    fact = found("embedded")
    assert fact.ok is None
    assert "--target embedded" in fact.hint


def test_cached_binaries_are_listed(fake_binary: Path) -> None:
    """What `auto` would find, the doctor shows."""
    binaries.cached("1.39.0").symlink_to(fake_binary)
    assert "weaviate-v1.39.0" in found("embedded").says


def test_a_wrong_binary_in_the_environment_is_a_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """WEAVIATE_BINARY that cannot be run is reported, and the other facts are still found."""
    monkeypatch.setenv("WEAVIATE_BINARY", str(tmp_path / "gone"))
    assert (found("weaviate").ok, found("ports").ok) == (False, True)


def test_a_docker_daemon_that_does_not_answer_is_no_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing here needs Docker."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    fact = found("docker")
    assert fact.ok is None
    assert "no daemon answers" in fact.says
