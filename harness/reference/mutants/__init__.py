"""Named, realistic faults of the reference, each one method of `Rules` told otherwise.

`--target reference:NAME` runs the reference with that fault. Each names the check whose clause it breaks: a test puts
every liar to its check, and another fails when a check has no liar. The benign ones are no faults at all: another
server might well answer so, and no check may accuse them.
"""

from harness.reference.mutants import (
    benign,
    boundaries,
    configuration,
    counts,
    document,
    durability,
    encoding,
    errors,
    errors_shapes,
    groups,
    indexes,
    named_vectors,
    objects,
    odd_thresholds,
    ranking,
    references,
    selections,
    settings,
    tenants,
    thresholds,
    vectorizing,
)
from harness.reference.mutants.registry import MUTANTS, Mutant

__all__ = [
    "MUTANTS",
    "Mutant",
    "benign",
    "boundaries",
    "configuration",
    "counts",
    "document",
    "durability",
    "encoding",
    "errors",
    "errors_shapes",
    "groups",
    "indexes",
    "named_vectors",
    "objects",
    "odd_thresholds",
    "ranking",
    "references",
    "selections",
    "settings",
    "tenants",
    "thresholds",
    "vectorizing",
]
