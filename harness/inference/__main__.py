"""`python -m harness.inference`: the service as a program of its own."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from contextlib import suppress

from harness.errors import HarnessError
from harness.inference.announce import ready_line
from harness.inference.device import choose
from harness.inference.encoders import NAMES, load
from harness.inference.serving import serve


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal arrives, or until standard input closes if that was asked for; return the exit code."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if options.exit_with_parent:
        threading.Thread(target=_leave_with_parent, args=[stop], daemon=True).start()
    try:
        device = choose(os.environ)
        encoders = load(options.encoder, device=device, preload=options.preload)
        if options.fault:
            from harness.inference.faults import named

            encoders = named(options.fault).on(encoders)
        if options.delay:
            from harness.inference.delay import parsed

            encoders = parsed(options.delay).on(encoders)
        with serve(encoders, host=options.host, port=options.port, descriptor=options.descriptor) as url:
            print(ready_line(url, encoders.name, encoders.device), flush=True)  # noqa: T201
            stop.wait()
    except HarnessError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m harness.inference",
        description="Serve image and text vectors over the protocols of img2vec-neural and multi2vec-clip.",
        epilog="ENABLE_CUDA=1 runs the photo model on the GPU that CUDA_CORE names (default cuda:0).",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one (default)")
    parser.add_argument(
        "--descriptor", type=int, metavar="N", help="a bound socket to listen on, from whoever starts it"
    )
    parser.add_argument("--encoder", choices=NAMES, default="auto", help="what to answer with (default: %(default)s)")
    parser.add_argument("--preload", action="store_true", help="load the models before the first image needs them")
    parser.add_argument("--fault", default="", metavar="NAME", help="answer wrongly in a known way, see faults.py")
    parser.add_argument("--delay", default="", metavar="TIME", help="answer so much later: 5%% of the time, or 2ms")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when standard input closes")
    return parser


def _leave_with_parent(stop: threading.Event) -> None:
    """Stop when the other end of standard input is gone, however its process ended."""
    grace = 3.0
    with suppress(OSError):  # closed from the start: there is no other end
        while os.read(0, 4096):
            pass
    stop.set()
    timer = threading.Timer(grace, os._exit, args=[0])  # nothing that hangs may outlive the parent
    timer.daemon = True
    timer.start()


if __name__ == "__main__":
    sys.exit(main())
