"""A small program that stands between the harness and one server: no server outlives the harness, however that died.

Run as `python guard.py --parent PID --log FILE [--remove FOLDER] -- COMMAND…`, with nothing imported of the package,
so that it starts in a moment. It starts the command in a session of its own, its output in the log, and holds a pipe
to it.

It says on standard output, a line each: `pid N`, or `failed WHY` if the command could not be started, and later
`exited CODE` (negative: by that signal). When its own standard input closes, which the system does for the harness
even after `kill -9`, it kills the command's process group, removes the folder and ends. The line `set-aside` before
that means: end the command politely and keep the folder, because it will be started again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

POLITE_SECONDS = 20.0
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> Callable[[], None] | None:
    """Return what a child calls to be killed with its parent; None where the system cannot do that (not Linux)."""
    if sys.platform != "linux":
        return None
    import ctypes

    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def arrange() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def say(line: str) -> None:
    """Tell the harness, if it still listens."""
    with contextlib.suppress(OSError):
        os.write(1, f"{line}\n".encode())


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal the command and everything that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def end(child: subprocess.Popen[bytes], *, polite: bool) -> None:
    """End the command, first with a request if that is wanted, and wait until it is gone."""
    if polite and child.poll() is None:
        signal_group(child.pid, signal.SIGCONT)  # one that is paused hears nothing
        signal_group(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(POLITE_SECONDS)
    signal_group(child.pid, signal.SIGKILL)
    child.wait()


def wait_for_orders(child: subprocess.Popen[bytes], parent: int) -> bool:
    """Wait until the harness is done or gone, reporting the command's end meanwhile; True means set aside."""
    ended, wake = os.pipe()
    threading.Thread(target=lambda: (child.wait(), os.write(wake, b"x")), daemon=True).start()
    orders, watched = b"", [0, ended]
    # The look at the parent is for a copy of the pipe that a fork of the harness may still hold open.
    while os.getppid() == parent:
        ready, _, _ = select.select(watched, [], [], 1.0)
        if ended in ready:
            watched.remove(ended)
            say(f"exited {child.returncode}")
        if 0 in ready:
            part = os.read(0, 1024)
            orders += part
            if not part:
                break
    return orders.startswith(b"set-aside")


def remove(folder: str) -> None:
    """Remove the folder; a killed process may still be writing its last file for a moment."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(0.05)


def interrupted(*_: object) -> None:
    """A request to end is the same as a closed pipe."""
    raise KeyboardInterrupt


def main() -> int:
    """Guard one command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--remove", default="")
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    keep = False
    child: subprocess.Popen[bytes] | None = None
    try:
        with open(asked.log, "ab") as log:  # noqa: PTH123 (pathlib would double the start-up time)
            child = subprocess.Popen(  # noqa: S603
                asked.command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 (no threads yet)
            )
        say(f"pid {child.pid}")
        keep = wait_for_orders(child, asked.parent)
    except OSError as trouble:
        say(f"failed {trouble.strerror or trouble}")
    except KeyboardInterrupt:
        pass
    if child is not None:
        end(child, polite=keep)
    if asked.remove and not keep:
        remove(asked.remove)
    return 0


if __name__ == "__main__":
    sys.exit(main())
