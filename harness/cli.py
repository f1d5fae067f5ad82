"""The command `nearimage`: parses, prints, exits; what the commands do stands in `session`."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from harness import __version__
from harness.commands import ab, calibrate, compare, generate, limit, load, outage, scale, trend, truth
from harness.errors import ExitCode, HarnessError
from harness.options import TargetOptions, with_values
from harness.options import add as add_target_options

_EPILOG = """exit codes: 0 held, 1 violated, 2 usage or bad scenario, 3 undecided or invalid, 4 no target,
5 nothing ran, 70 a bug of ours, 130 interrupted"""
_NOBODY_READS = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LISTS = ("checks", "scenarios", "promises", "interfaces", "targets")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    try:
        for name in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(name) == signal.SIG_DFL:  # under nohup it stays ignored
                signal.signal(name, signal.default_int_handler)  # ended from outside: in order, like Ctrl-C
        options = _parser().parse_args(with_values(sys.argv[1:] if argv is None else argv))
        code = int(options.act(options))
        sys.stdout.flush()
    except HarnessError as error:
        return _said(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _said("interrupted", ExitCode.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the last place where a bug of ours can be told from a finding
        if isinstance(error, OSError) and error.errno in _NOBODY_READS:
            return _unread(error)
        return _said(f"a bug of ours; please report it:\n{traceback.format_exc()}", ExitCode.BUG)
    return code


def _unread(error: OSError) -> int:
    """The output has nowhere to go: somebody reads only its beginning, or the disk behind it is full."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return int(ExitCode.HELD)
    return _said(f"the output can't be written: {error.strerror}", ExitCode.USAGE)


def _said(what: str, code: ExitCode) -> int:
    sys.stderr.write(f"nearimage: {what}\n")
    return int(code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nearimage",
        description="Is image search in a Weaviate right, and fast, and still is?",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"nearimage {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_run(commands)
    _add_small(commands)
    _add_targets(commands)
    ab.add(commands)
    compare.add(commands)
    trend.add(commands)
    calibrate.add(commands)
    truth.add(commands)
    limit.add(commands)
    scale.add(commands)
    outage.add(commands)
    generate.add(commands)
    load.add(commands)
    return parser


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser("run", help="run scenarios against a database and say what held")
    run.add_argument(
        "scenarios", nargs="*", metavar="SCENARIO", help="a file, a folder or a shipped name; none: the usual ones"
    )
    add_target_options(run.add_argument_group("which databases, and how they are set up").add_argument)
    run.add_argument("--checks", action="append", default=[], metavar="GLOB", help="only such checks: threshold/*")
    run.add_argument("--interfaces", default="graphql,grpc", metavar="A,B", help="of `list interfaces`; all")
    run.add_argument("--smoke", action="store_true", help="just the smoke scenario, in seconds")
    run.add_argument("--all", action="store_true", dest="whole", help="the full contract: every shipped scenario")
    run.add_argument("--seed", type=int, default=0, metavar="N", help="draw other thresholds and sets of images")
    run.add_argument("--require", choices=("weaviate",), default="", help="fail unless a real Weaviate is tested")
    run.add_argument("--deviations", type=Path, default=None, metavar="FILE", help="more deviations that are known")
    run.add_argument("--strict", action="store_true", help="a deviation that is known fails the run too")
    run.add_argument("--out", type=Path, default=Path("nearimage-out"), metavar="DIR", help="where runs are kept")
    run.add_argument("--junitxml", type=Path, default=None, metavar="FILE", help="also write JUnit XML")
    run.add_argument("--benchmark-json", type=Path, default=None, metavar="FILE", help="also write pytest-benchmark's")
    run.add_argument("--quiet", action="store_true", help="no progress bars")
    run.set_defaults(act=_run)


def _add_small(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    validate = commands.add_parser("validate", help="check scenario files without starting anything")
    validate.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    validate.set_defaults(act=_validate)
    listing = commands.add_parser("list", help="print checks, scenarios, promises, interfaces or targets")
    listing.add_argument("what", nargs="?", choices=_LISTS, default=None)
    listing.set_defaults(act=_list)
    report = commands.add_parser("report", help="show a record again and write its page")
    report.add_argument(
        "record",
        type=Path,
        metavar="RECORD",
        help="record.jsonl, the folder of a run, or nearimage-out: its newest run",
    )
    report.add_argument("--html", type=Path, default=None, metavar="FILE", help="where the page goes")
    report.set_defaults(act=_report)
    mutants = commands.add_parser("mutants", help="put every known fault to the checks: is each one caught?")
    mutants.add_argument(
        "--only", default="", metavar="GLOB", help="such faults, or those of such a check: threshold/*"
    )
    mutants.add_argument("--seeds", type=int, default=20, metavar="N", help="so often is what is right asked; 20")
    mutants.add_argument("--everywhere", action="store_true", help="put the checks of all chapters to each fault")
    mutants.set_defaults(act=_mutants)
    images = commands.add_parser("images", help="write the manifest of a folder of your own photographs")
    images.add_argument("folder", type=Path, metavar="FOLDER", help="its sub-folders are the labels")
    images.set_defaults(act=_images)


def _add_targets(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    up = commands.add_parser("up", help="start a database with its inference service and leave it running")
    add_target_options(up.add_argument_group("which databases, and how they are set up").add_argument)
    up.set_defaults(act=_up)
    down = commands.add_parser("down", help="stop what `up` started and remove what crashed runs left here")
    down.add_argument("--target", default="", help="instead remove the collections that runs left on this server")
    down.set_defaults(act=_down)
    compose = commands.add_parser("compose", help="print a Compose file for Weaviate with its image modules")
    compose.add_argument("file", metavar="FILE", help="img2vec, clip or both; gpu: what turns one into one for a GPU")
    compose.add_argument("--gpu", action="store_true", help="inference computes on a GPU")
    compose.add_argument("--cluster", action="store_true", help="three nodes, each object on all of them")
    compose.add_argument("--auth", action="store_true", help="an API key is asked for")
    compose.add_argument("--version", default="", metavar="V", help="of Weaviate; none: the newest that is known")
    compose.set_defaults(act=_compose)
    versions = commands.add_parser("versions", help="which versions of Weaviate can be had here")
    versions.add_argument("which", nargs="?", default="", metavar="A,B", help="what these come to with --versions")
    versions.set_defaults(act=_versions)
    doctor = commands.add_parser("doctor", help="what this machine can test, and why not more")
    doctor.set_defaults(act=_doctor)


def _run(options: argparse.Namespace) -> ExitCode:
    from harness.session import RunOptions, run

    return run(
        RunOptions(
            scenarios=tuple(options.scenarios),
            targets=TargetOptions.of(options),
            checks=tuple(options.checks),
            interfaces=options.interfaces,
            smoke=options.smoke,
            whole=options.whole,
            require=options.require,
            seed=options.seed,
            deviations=options.deviations,
            strict=options.strict,
            out=options.out,
            junit=options.junitxml,
            benchmark_json=options.benchmark_json,
            quiet=options.quiet,
        )
    )


def _validate(options: argparse.Namespace) -> ExitCode:
    from harness.session import validate

    return _printed(validate(options.scenarios))


def _list(options: argparse.Namespace) -> ExitCode:
    from harness.session import listed

    return _printed(listed(options.what))


def _report(options: argparse.Namespace) -> ExitCode:
    from harness.session import report

    return report(options.record, out=options.html)


def _mutants(options: argparse.Namespace) -> ExitCode:
    from harness.proving.command import mutants

    return mutants(options.only, options.seeds, say=_say, everywhere=options.everywhere)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _images(options: argparse.Namespace) -> ExitCode:
    from harness.session import write_manifest

    return _printed([write_manifest(options.folder)])


def _up(options: argparse.Namespace) -> ExitCode:
    from harness.machine import up

    return _printed(up(TargetOptions.of(options)))


def _down(options: argparse.Namespace) -> ExitCode:
    from harness.machine import down

    return _printed(down(options.target))


def _compose(options: argparse.Namespace) -> ExitCode:
    from harness.machine import compose

    asked = {"gpu": options.gpu, "cluster": options.cluster, "auth": options.auth}
    return _printed(compose(options.file, version=options.version, **asked))


def _versions(options: argparse.Namespace) -> ExitCode:
    from harness.machine import versions

    return _printed(versions(options.which))


def _doctor(options: argparse.Namespace) -> ExitCode:
    del options
    from harness.machine import doctor

    return _printed(doctor())


def _printed(lines: Sequence[str]) -> ExitCode:
    for line in lines:
        sys.stdout.write(line + "\n")
    return ExitCode.HELD


if __name__ == "__main__":
    sys.exit(main())
