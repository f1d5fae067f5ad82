"""`python -m harness.reference`: a reference in a process of its own, which says one line when it is ready.

What is not said by an option is read from the environment, by the names that Weaviate's own container knows.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from harness.errors import HarnessError
from harness.reference.server import HOST, serve
from harness.reference.settings import SERVICES

_NAMES = f"else {' or '.join(SERVICES.values())}"
_FOLDER = "PERSISTENCE_DATA_PATH"
_STDIN = 0


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal, or until the parent is gone; return the exit code."""
    options = _options(arguments)
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    try:
        with serve(
            inference_url=options.inference,
            folder=options.folder,
            faults=options.mutant,
            host=options.host,
            http_port=options.port,
            grpc_port=options.grpc_port,
            environment=options.environment,
            nodes=options.nodes,
        ) as served:
            said = [f"{one.url} grpc {one.grpc}" if one.grpc else one.url for one in (served, *served.others)]
            sys.stdout.write(f"nearimage reference ready at {' and '.join(said)}\n")
            sys.stdout.flush()
            if options.exit_with_parent:
                threading.Thread(target=_until_closed, args=(ended,), daemon=True).start()
            ended.wait()
    except HarnessError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m harness.reference", description=__doc__)
    parser.add_argument("--inference", metavar="URL", help="the inference service, http://host:port; " + _NAMES)
    parser.add_argument("--folder", type=Path, help=f"where objects survive a restart; else {_FOLDER}")
    parser.add_argument("--mutant", default="", help="the name of a fault to have")
    parser.add_argument("--host", default=HOST, help="the address to listen on, loopback unless said")
    parser.add_argument("--port", type=int, default=0, help="for HTTP; 0 takes a free one")
    parser.add_argument("--grpc-port", type=int, default=0, help="for gRPC; 0 takes a free one")
    parser.add_argument("--nodes", type=int, default=1, help="at how many addresses, as the nodes of a cluster")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input closes")
    options = parser.parse_args(arguments)
    said = SERVICES.values() if options.inference else ()  # one that is there and empty is a mistake all the same
    options.environment = {name: value for name, value in os.environ.items() if name not in said or not value}
    named = [os.environ[name] for name in SERVICES.values() if os.environ.get(name)]
    options.inference = options.inference or next(iter(named), "")
    options.folder = options.folder or Path(os.environ.get(_FOLDER, ""))
    if not options.inference:
        parser.error(f"no inference service: give --inference, {_NAMES}")
    if options.folder == Path():
        parser.error(f"no folder for the objects: give --folder, else {_FOLDER}")
    return options


def _until_closed(ended: threading.Event) -> None:
    while os.read(_STDIN, 1024):  # not through `sys.stdin`, whose lock a process that ends could not get any more
        pass
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
