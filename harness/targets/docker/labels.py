"""The labels on everything that is made in Docker: which run it belongs to, and which process owns that run."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

from harness.targets.state import Claim, Process, machine, process

CLAIM = "nearimage.claim"
OWNER = "nearimage.owner"


def labels(claim: Claim) -> dict[str, str]:
    """Return the labels for what this process makes under a claim."""
    owner = {**asdict(process(os.getpid())), "machine": machine()}
    return {CLAIM: claim.id, OWNER: json.dumps(owner, sort_keys=True)}


def left_behind(found: dict[str, str]) -> bool:
    """True if the owner that labels name was of this machine and is gone; of anybody else nothing is said.

    Args:
        found: the labels of one thing.
    """
    try:
        owner: dict[str, Any] = json.loads(found[OWNER])
        there, here = owner["machine"], machine()
        if there["host"] != here["host"]:
            return False
        if there["boot"] != here["boot"]:
            return True
        gone = not Process(int(owner["pid"]), str(owner["started"])).alive
        return bool(there["namespace"] == here["namespace"] and gone)
    except (KeyError, TypeError, ValueError):
        return False
