"""`nearimage` with one check more, which has a bug: it stands for any bug of ours."""

import sys

from harness.checks import all_checks
from harness.checks.registry import check
from harness.cli import main

all_checks()


@check("broken/always", source="nowhere")
def always(case):  # noqa: ANN001, ANN201
    """Nothing is true here."""
    raise ZeroDivisionError(case.collection.name)


if __name__ == "__main__":
    sys.exit(main())
