"""Every decision that the database makes, each a small method that a faulty reference overrides."""

from __future__ import annotations

from harness.reference.admission import Admission
from harness.reference.distances import Distances
from harness.reference.durability import Durability
from harness.reference.filtering import Filtering
from harness.reference.indexing import Indexing
from harness.reference.ranking import Ranking
from harness.reference.vectorizing import Vectorizing


class Rules(Distances, Ranking, Filtering, Vectorizing, Admission, Durability, Indexing):
    """The rules of Weaviate 1.39.0.

    Stateless: one object serves all collections and threads. A mutant is a subclass that overrides one method; what a
    method needs to know in order to differ (the interface, the page, the filter) is among its arguments.
    """

    def at_node(self, number: int) -> Rules:
        """The rules of a further node of a cluster, from 1 on: the same."""
        del number
        return self
