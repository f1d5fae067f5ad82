"""`nearimage` with a bug that shows before the first check: it stands for any bug of ours in making a run."""

import sys

from harness import session_record
from harness.cli import main


class BrokenRecord:
    """A record that cannot even be begun."""

    def __init__(self, *_: object) -> None:
        raise ZeroDivisionError("no record")


session_record.SessionRecord = BrokenRecord

if __name__ == "__main__":
    sys.exit(main())
