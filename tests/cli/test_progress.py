"""What a person sees while a run goes on."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from running import TINY, Place


def on_a_terminal(place: Place, *arguments: str) -> tuple[str, str]:
    """Run the command with its standard error on a terminal; return what it printed and what the terminal got."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "harness.cli", *arguments],
        cwd=place.folder,
        env=place.env | {"TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 4096):
            seen += part
    except OSError:  # the other end is closed
        pass
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    return out, seen.decode()


def test_bars_are_seen_on_a_terminal(place: Place, server: str) -> None:
    """On a terminal a bar names the database's start, the loading and the checks, pytest's capture or not."""
    place.scenario(TINY.replace("subjects: 4", "subjects: 300"))
    out, seen = on_a_terminal(place, "run", "tiny.yaml", "--target", server)
    assert "Everything held" in out
    assert all(word in seen for word in ("starting the database", "loading Tiny", "@Tiny@graphql"))


def test_quiet_shows_nothing(place: Place, server: str) -> None:
    """With `--quiet` nothing is drawn, on a terminal either; the table is printed all the same."""
    place.scenario()
    out, seen = on_a_terminal(place, "run", "tiny.yaml", "--target", server, "--quiet")
    assert "Everything held" in out
    assert seen == ""
