"""What the tests of faults share with `nearimage mutants`, under one name."""

from harness.proving.staging import (
    LIARS,
    behind,
    liars,
    photographs,
    planted_service,
    staged,
    verdict,
    verdicts,
)

__all__ = ["LIARS", "behind", "liars", "photographs", "planted_service", "staged", "verdict", "verdicts"]
