"""How a check words its questions about one collection, and tells of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.checks.wording import described
from harness.dataset import Dataset
from harness.images import Picture
from harness.model import Aggregation, Hit, NearImage, NearObject, NearText, NearVector, Question

_SHOWN_HITS = 10


class Questioning:
    """Words questions and what came of them: of the collection's tenant, about its named vector where it has several.

    Args:
        dataset: the collection.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._names: dict[str, str] = {}

    def near(self, picture: Picture, **arguments: Any) -> Question:
        """Return the question `nearImage` with this picture."""
        self._names[picture.base64] = picture.name
        return Question(self.dataset.class_name, NearImage(picture.base64), **self._targeted(arguments))

    def near_vector(self, vector: Sequence[float], **arguments: Any) -> Question:
        """Return the question `nearVector` with this vector."""
        return Question(self.dataset.class_name, NearVector(tuple(vector)), **self._targeted(arguments))

    def near_object(self, id_: str, **arguments: Any) -> Question:
        """Return the question `nearObject` with this id."""
        return Question(self.dataset.class_name, NearObject(id_), **self._targeted(arguments))

    def near_text(self, text: str, **arguments: Any) -> Question:
        """Return the question `nearText` with this text."""
        return Question(self.dataset.class_name, NearText((text,)), **self._targeted(arguments))

    def describe(self, question: Question | Aggregation) -> str:
        """Return a question in one line, an image by its name."""
        return described(question, self._names)

    def evidence(self, question: Question | Aggregation, hits: Sequence[Hit]) -> dict[str, Any]:
        """Return a question and its answer as JSON, short enough to read."""
        return {
            "question": self.describe(question),
            "returned": [self._shown(hit) for hit in hits[:_SHOWN_HITS]],
            "returned_count": len(hits),
        }

    def _shown(self, hit: Hit) -> dict[str, Any]:
        stored = self.dataset.by_id.get(hit.id)
        name = stored.picture.name if stored and stored.picture else ""
        return {"id": hit.id, "name": name, "distance": hit.distance}

    def _targeted(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        collection, given = self.dataset.collection, dict(arguments)
        if collection.vector_name and len(collection.definition.get("vectorConfig", {})) > 1:
            given = {"target_vectors": (collection.vector_name,), **given}
        return given if self.dataset.tenant is None else {"tenant": self.dataset.tenant, **given}
