"""What only some interfaces have: forms of an image, programs that may be missing, crash or hang, servers too old."""

from __future__ import annotations

import os
import re
import signal
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from badserver import BadServer, http
from every_interface import CLIENTS, EVERY, OLDER
from planted_objects import image, uuid
from refusing_grpc import RefusingGrpc
from running import Place

from harness.errors import ExitCode, UnsupportedError
from harness.interfaces import connect
from harness.interfaces.__main__ import main
from harness.interfaces.installed import PACKAGES
from harness.interfaces.typescript_client import TypeScriptClient
from harness.model import Endpoint, NearImage, NearVector, Question, State

FORMS = {
    "python": ("base64", "path", "Path", "file"),
    "python-async": ("base64", "path", "Path", "file"),
    "typescript": ("Buffer", "path"),
    "python-v3": ("base64", "path", "file"),
    "typescript-v1": ("base64", "path"),
    "typescript-v2": ("base64", "path"),
    "shell": ("stdin", "file"),
}
NOWHERE = Endpoint(target="test", url="http://127.0.0.1:9", grpc="127.0.0.1:10", version="1.39.0")
LINE_76 = """\
#!{python}
import base64, sys
data = base64.b64encode(sys.stdin.buffer.read()).decode()
for start in range(0, len(data), 76):
    print(data[start:start + 76])
"""
ONE_LINE = """\
#!{python}
import base64, sys
if sys.argv[1:]:
    sys.exit("usage: base64")
sys.stdout.write(base64.b64encode(sys.stdin.buffer.read()).decode())
"""
NOTHING = "#!/bin/sh\nexit 1\n"


def nearest(steps: str, text: str) -> Question:
    """The two nearest to an image."""
    return Question(steps, NearImage(text), limit=2)


def program(folder: Path, name: str, text: str) -> None:
    """Write a program that stands in for a real one."""
    path = folder / name
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize("name", [one for one in EVERY if one.values[0] in FORMS])
def test_an_image_gives_the_same_answer_in_every_form(endpoint: Endpoint, steps: str, name: str) -> None:
    """Text, path, open file, buffer: what the client is handed makes no difference."""
    question = nearest(steps, image(5, 1, 0.1))
    with closing(connect(name, endpoint)) as opened:
        asking: Any = opened
        assert set(FORMS[name]) <= set(asking.forms)
        answers = [asking.ask_with(question, form) for form in FORMS[name]]
    assert {(answer.state, answer.ids[0]) for answer in answers} == {(State.OK, uuid(5))}
    assert len({tuple(hit.distance for hit in answer.hits) for answer in answers}) == 1


@pytest.mark.parametrize("name", [one for one in EVERY if one.values[0] in CLIENTS | OLDER])
def test_what_is_no_file_is_not_given_as_one(name: str) -> None:
    """A malformed text can be sent as text, but not as a file, whose base64 would be another."""
    with closing(connect(name, NOWHERE)) as opened:
        asking: Any = opened
        with pytest.raises(UnsupportedError, match="no file has this"):
            asking.ask_with(nearest("Anything", "AAAA=A"), "path")


@pytest.mark.parametrize("name", [one for one in EVERY if one.values[0] in CLIENTS])
def test_a_server_that_a_client_refuses_is_not_judged(name: str) -> None:
    """The official clients refuse a Weaviate that is too old, in their own words: nothing was asked."""
    meta = http("200 OK", b'{"version": "1.25.34"}')
    question = Question("Anything", NearVector((1.0,)))
    with (
        BadServer(meta) as server,
        closing(connect(name, at_http(server.address), timeout=5.0)) as opened,
        pytest.raises(UnsupportedError) as refused,
    ):
        opened.ask(question)
    assert re.search(r"1\.25\.34.*1\.27\.0", str(refused.value))


@pytest.mark.typescript
def test_a_server_without_a_health_service_is_not_judged() -> None:
    """The TypeScript client asks an old server whether it is healthy, perhaps before it knows how old it is."""
    meta = http("200 OK", b'{"version": "1.39.0"}')
    with (
        BadServer(meta) as server,
        RefusingGrpc(grpc.StatusCode.UNIMPLEMENTED, "unknown service", healthy=False) as old,
        TypeScriptClient(replace(at_http(server.address), grpc=old.address)) as opened,
        pytest.raises(UnsupportedError, match="unknown service"),
    ):
        opened.ask(nearest("Anything", "AAAA"))


def at_http(address: str) -> Endpoint:
    """A database whose HTTP is there; nothing listens at its gRPC address."""
    return Endpoint(target="test", url=f"http://{address}", grpc="127.0.0.1:10", version="1.25.34")


@pytest.mark.parametrize("name", sorted(CLIENTS))
def test_a_client_needs_a_grpc_address(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one nothing can be asked, and the reason says what is missing."""
    monkeypatch.setattr("harness.interfaces.installed.NodePackages.missing", lambda _: "")
    with pytest.raises(UnsupportedError, match="no gRPC address"):
        connect(name, Endpoint(target="test", url="http://127.0.0.1:1", version="1.39.0"))


@pytest.mark.parametrize("change", [{"limit": -1}, {"collection": "lower"}])
def test_what_a_client_would_change_silently_is_not_asked(change: dict[str, Any]) -> None:
    """A negative number has no place in its protocol, and it would make a name's first letter a capital."""
    with closing(connect("python", NOWHERE)) as opened, pytest.raises(UnsupportedError):
        opened.ask(nearest("Anything", "AAAA").but(**change))


@pytest.mark.parametrize("name", [one for one in EVERY if one.values[0].startswith("typescript-v")])
@pytest.mark.parametrize("name_of_zero", ["distance", "certainty", "limit", "autocut"])
def test_a_zero_that_the_older_client_leaves_out_is_not_asked(name: str, name_of_zero: str) -> None:
    """It takes 0 for nothing given, so a threshold of 0 would be none at all."""
    with closing(connect(name, NOWHERE)) as opened, pytest.raises(UnsupportedError, match=f"{name_of_zero} of 0"):
        opened.ask(nearest("Anything", "AAAA").but(**{name_of_zero: 0}))


@pytest.mark.parametrize("name", [one for one in EVERY if one.values[0] in OLDER])
def test_without_its_packages_an_older_client_is_not_there(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is downloaded behind anybody's back: the hint has the command that does."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(UnsupportedError, match="packages of the") as raised:
        connect(name, NOWHERE)
    assert raised.value.hint.endswith(f"harness.interfaces install {name}")
    assert not (tmp_path / "cache").exists()


def test_an_environment_whose_python_is_gone_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A virtual environment outlives the Python that it was made of; it counts as missing then."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    packages = PACKAGES["python-v3"]
    packages.folder.mkdir(parents=True)
    (packages.folder / ".nearimage-complete").touch()
    assert "is gone" in packages.missing()


@pytest.mark.parametrize("arguments", [[], ["install"], ["install", "perl"], ["remove", "typescript"]])
def test_a_wrong_installation_is_a_mistake_of_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The names that there are stand in one line."""
    assert main(arguments) == ExitCode.USAGE
    assert "python-v3,typescript,typescript-v1,typescript-v2,all" in capsys.readouterr().err


# --- Node.js -------------------------------------------------------------------------------------


def test_without_node_the_reason_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With an empty PATH there is no Node.js: the interface is not there, and the hint has the way to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnsupportedError, match=r"no Node\.js") as raised:
        connect("typescript", NOWHERE)
    assert "Install node and npm" in raised.value.hint
    with pytest.raises(Exception, match=r"no Node\.js with npm"):
        PACKAGES["typescript"].install()


def test_without_its_packages_nothing_is_downloaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Packages that are not there are not fetched behind anybody's back: the hint has the command that does."""
    program(tmp_path, "node", NOTHING)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(UnsupportedError, match="packages of the TypeScript client") as raised:
        connect("typescript", NOWHERE)
    assert "harness.interfaces install typescript" in raised.value.hint
    assert not (tmp_path / "cache").exists()


def test_npm_that_fails_leaves_its_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An installation that failed is told with what npm said, and does not count as one."""
    program(tmp_path, "node", NOTHING)
    program(tmp_path, "npm", "#!/bin/sh\necho no registry today >&2\nexit 1\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(Exception, match="no registry today"):
        PACKAGES["typescript"].install()
    with pytest.raises(UnsupportedError, match="packages"):
        connect("typescript", NOWHERE)


@pytest.mark.typescript
def test_a_crash_of_the_program_is_unknown_and_the_next_question_is_answered(endpoint: Endpoint, steps: str) -> None:
    """Nobody knows what became of a question whose program crashed; the next one starts another."""
    question = nearest(steps, image(5, 1, 0.1))
    with TypeScriptClient(endpoint) as opened:
        assert opened.ask(question).state is State.OK
        assert opened._program is not None
        os.kill(opened._program._process.pid, signal.SIGKILL)
        crashed = opened.ask(question)
        assert crashed.state is State.UNKNOWN
        assert "crashed" in crashed.message
        assert opened.ask(question).state is State.OK


@pytest.mark.typescript
def test_a_program_that_hangs_is_left_after_the_timeout(endpoint: Endpoint, steps: str) -> None:
    """A stopped program answers nothing: unknown when the time is over, also with more than fits into a pipe."""
    with TypeScriptClient(endpoint, timeout=0.5) as opened:
        assert opened.ask(nearest(steps, image(5, 1, 0.1))).state is State.OK
        assert opened._program is not None
        os.kill(opened._program._process.pid, signal.SIGSTOP)
        answer = opened.ask(nearest(steps, "A" * 2_000_000))
    assert answer.state is State.UNKNOWN
    assert "did not come back within 0.5 s" in answer.message


@pytest.mark.parametrize(
    ("text", "reason"), [("exit 3", "exit status 3"), ("echo 'no such syntax' >&2; exit 1", "no such syntax")]
)
def test_a_client_that_does_not_start_is_not_judged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, reason: str
) -> None:
    """A Node.js that is too old for the client, say: its last words are the reason."""
    program(tmp_path, "node", f"#!/bin/sh\n{text}\n")
    monkeypatch.setattr("harness.interfaces.installed.NodePackages.missing", lambda _: "")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with TypeScriptClient(NOWHERE) as opened, pytest.raises(UnsupportedError, match=reason):
        opened.ask(nearest("Anything", "AAAA"))


def test_a_run_without_the_client_skips_with_the_reason(place: Place) -> None:
    """An interface that is not there says nothing about the server: all is skipped, and nothing held."""
    tiny = place.scenario()
    done = place.run(
        "run", str(tiny), "--target", "reference", "--interfaces", "typescript", "--checks", "near-image/*"
    )
    assert done.returncode == ExitCode.NOTHING_RAN
    (verdict,) = place.entries("verdict")
    assert verdict["outcome"] == "skipped"
    assert "TypeScript client" in verdict["sentence"] or "Node.js" in verdict["sentence"]


# --- the shell -----------------------------------------------------------------------------------


@pytest.mark.shell
@pytest.mark.parametrize("text", [LINE_76, ONE_LINE], ids=["wrapped", "one-line"])
def test_both_kinds_of_base64_do(
    endpoint: Endpoint, steps: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    """One wraps its lines and one does not and takes no options: the body is the same."""
    program(tmp_path, "base64", text.format(python=os.sys.executable))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with closing(connect("shell", endpoint)) as opened:
        answer = opened.ask(nearest(steps, image(5, 1, 0.1)))
    assert (answer.state, answer.ids[0]) == (State.OK, uuid(5))


@pytest.mark.shell
def test_a_base64_that_fails_is_not_taken_for_an_empty_image(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A pipe hides a failure, so the program is tried first."""
    program(tmp_path, "base64", NOTHING)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(UnsupportedError, match="does not give the base64"):
        connect("shell", endpoint)


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without curl there is no shell interface, and the reason names what is missing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnsupportedError, match="no curl"):
        connect("shell", NOWHERE)


@pytest.mark.shell
@pytest.mark.parametrize("form", ["stdin", "file"])
def test_an_image_beyond_an_arguments_size_goes_by_shell(form: str) -> None:
    """Three megabytes arrive as base64, to the letter."""
    data = bytes(range(256)) * 12_000
    from base64 import b64encode

    with BadServer(http("200 OK", b"{}")) as server, closing(connect("shell", at_http(server.address))) as opened:
        asking: Any = opened
        asking.ask_with(nearest("Anything", b64encode(data).decode()), form)
        assert b64encode(data) in server.heard[0]


@pytest.mark.shell
def test_the_key_is_on_no_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What everybody on a machine can read has no key in it: curl gets it in a file that is gone afterwards."""
    seen = tmp_path / "seen"
    program(tmp_path, "curl", f'#!/bin/sh\necho "$@" > {seen}\ncat > /dev/null\n')
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    endpoint = Endpoint(target="test", url="http://127.0.0.1:9", version="1.39.0", api_key="s3cret")
    with closing(connect("shell", endpoint)) as opened:
        asking: Any = opened
        folder = asking._files.folder
        assert "s3cret" in (folder / "config").read_text()
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


# --- what the doctor says ------------------------------------------------------------------------


def test_the_doctor_says_how_to_get_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each interface that is not there has a line that says why, and one that says what to do."""
    from harness.interfaces.here import beside

    monkeypatch.setenv("PATH", str(tmp_path))
    found = {one.name: one for one in beside()}
    assert found["python"].there
    missing = ("typescript", "typescript-v1", "typescript-v2", "shell")
    assert not any(found[name].there for name in missing)
    assert all(found[name].says and found[name].hint for name in missing)
