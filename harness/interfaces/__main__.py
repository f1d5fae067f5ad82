"""`python -m harness.interfaces install NAME`: gets what an interface needs and does not come with nearimage."""

from __future__ import annotations

import sys

from harness.errors import HarnessError
from harness.interfaces.installed import PACKAGES

_USAGE = f"usage: python -m harness.interfaces install {{{','.join(PACKAGES)},all}} …"


def main(arguments: list[str]) -> int:
    """Install, say where, and return the exit code."""
    command, *names = arguments or [""]
    names = list(PACKAGES) if names == ["all"] else names
    if command != "install" or not names or set(names) - set(PACKAGES):
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    for name in names:
        try:
            there = PACKAGES[name].install()
        except HarnessError as error:
            sys.stderr.write(f"{error}\n")
            return int(error.exit_code)
        sys.stdout.write(f"{PACKAGES[name].client} is in {there}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
