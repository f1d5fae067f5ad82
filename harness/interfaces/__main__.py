"""`python -m harness.interfaces install typescript`: gets what an interface needs and does not come with nearimage."""

from __future__ import annotations

import sys

from harness.errors import HarnessError
from harness.interfaces.typescript_installed import install


def main(arguments: list[str]) -> int:
    """Install, say where, and return the exit code."""
    if arguments != ["install", "typescript"]:
        sys.stderr.write("usage: python -m harness.interfaces install typescript\n")
        return 2
    try:
        there = install()
    except HarnessError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    sys.stdout.write(f"the TypeScript client is in {there}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
