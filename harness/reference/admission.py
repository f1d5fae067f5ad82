"""What a search may not ask for, and the words of the refusal (observed on 1.39.0)."""

from __future__ import annotations

import binascii
import uuid
from collections.abc import Mapping
from typing import Any

from harness.model import Metric
from harness.reference.request import InterfaceName, Near, Refusal, Search, Tenant
from harness.reference.schema import Collection
from harness.reference.settings import Settings

_ACTIVE = frozenset({"ACTIVE", "HOT"})


class Admission:
    """Each method does nothing, or raises `Refusal`. Source: `contract.md`, section 2."""

    def check_certainty_metric(self, metric: Metric) -> None:
        """Certainty means something for cosine only."""
        if metric is not Metric.COSINE:
            raise Refusal(f"can't compute and return certainty when vector index is configured with {metric} distance")

    def check_one_threshold(self, near: Near, interface: InterfaceName) -> None:
        """Distance and certainty exclude each other; for images and texts certainty 0 counts as not given."""
        if near.distance is None or near.certainty is None:
            return
        if interface == "grpc":
            words = {"image": "near_image", "text": "near_text", "vector": "near_vector", "object": "near_object"}
            raise Refusal(f"{words[near.kind]}: cannot provide distance and certainty")
        if near.kind in {"vector", "object"}:
            raise Refusal(f"failed to extract {near.name} params: cannot provide distance and certainty")
        if near.certainty:
            raise Refusal(f"{near.name} cannot provide both distance and certainty")

    def check_image(self, near: Near) -> None:
        """An image of no characters is no image; nothing else about it is looked at."""
        if near.kind == "image" and not near.image:
            raise Refusal("'nearImage.image' needs to be defined")

    def check_one_operator(self, search: Search) -> None:
        """One near operator, and no keyword search beside it."""
        if search.near and "bm25" in search.others:
            raise Refusal("conflict: both near<Media> and keyword-based (bm25) arguments present, choose one")
        if search.near and "hybrid" in search.others:
            raise Refusal("conflict: both near<Media> and hybrid arguments present, choose one")

    def check_one_near(self, near: tuple[Near, ...]) -> None:
        """Two near operators conflict; both are named, though Weaviate's own words name nearText for every image."""
        media = [each for each in near if each.kind in {"image", "text"}]
        if len(media) > 1:
            names = ", ".join(f"'{each.name}'" for each in media)
            raise Refusal(f"found more than one module params: {names} which are conflicting choose one instead")
        if len(near) > 1:
            first, second = near[0].name, near[1].name
            raise Refusal(f"found both '{first}' and '{second}' parameters which are conflicting, choose one instead")

    def check_targets(self, near: Near) -> None:
        """An image is compared with one named vector at a time."""
        if len(near.target_vectors) > 1:
            raise Refusal(f"{near.name}.targetVectors cannot provide more than 1 target vector value")

    def check_cursor(self, search: Search) -> None:
        """`after` goes with `limit` and with nothing else."""
        if search.after is None:
            return
        problem = ""
        if search.near or search.others or search.group_by:
            problem = "other params cannot be set with after and limit parameters"
        elif search.where is not None:
            problem = "where cannot be set with after and limit parameters"
        elif search.sort:
            problem = "sort cannot be set with after and limit parameters"
        elif search.offset:
            problem = "offset cannot be set with after and limit parameters"
        elif not search.limit or search.limit < 0:
            problem = "limit parameter must be set"
        elif search.after and not _is_uuid(search.after):
            problem = f"after parameter '{search.after}' is not a valid uuid: invalid UUID length: {len(search.after)}"
        if problem:
            raise Refusal(f"cursor api: invalid 'after' parameter: {problem}")

    def check_sort(self, search: Search, collection: Collection) -> None:
        """Sort keys exist; over gRPC a search is not sorted."""
        if search.sort and search.near and search.interface == "grpc":
            raise Refusal("sorting cannot be combined with search")
        for position, sort in enumerate(search.sort):
            if sort.path[0] in {"id", "_id", "_creationTimeUnix", "_lastUpdateTimeUnix"}:
                continue
            try:
                collection.require_property(sort.path[0])
            except Refusal as refusal:
                message = f"invalid 'sort' parameter: sort parameter at position {position}: {refusal.message}"
                raise Refusal(message) from None

    def check_page(self, offset: int, limit: int | None, settings: Settings) -> None:
        """A page has at least one place, and ends within the maximum."""
        if offset < 0:
            raise Refusal(f"invalid pagination params: invalid offset: {offset}")
        if limit is None:
            return
        if offset + limit == 0:
            raise Refusal("invalid pagination params: invalid default limit: 0")
        if offset + limit > settings.maximum_results:
            raise Refusal(
                "invalid pagination params: query maximum results exceeded: the total limit calculated from the "
                f"provided offset '{offset}' and limit '{limit}' exceeds the configured value for "
                f"QUERY_MAXIMUM_RESULTS '{settings.maximum_results}'. If you've supplied a negative offset or limit, "
                "this may be an underflow error"
            )

    def is_blob(self, value: str) -> bool:
        """A blob property is one line of padded standard base64, and not empty."""
        if not value:
            return False
        try:
            # Strict mode also refuses what stands after the padding.
            binascii.a2b_base64(value, strict_mode=True)
        except (binascii.Error, ValueError):
            return False
        return True

    def refuse_class(self, refusal: Refusal, given: Mapping[str, Any]) -> None:
        """A class with something wrong is refused.

        Source: `contract.md`, section 1.
        """
        del given
        raise refusal

    def stays_refused(self, refusal: Refusal) -> bool:
        """Whether a class that was refused is in the schema all the same: it is not."""
        del refusal
        return False

    def kept_class(self, definition: dict[str, Any]) -> dict[str, Any]:
        """The definition that is kept of a new class: the whole of it."""
        return definition

    def refuse_change(self, refusal: Refusal, new: Mapping[str, Any]) -> None:
        """What cannot be changed of a class is refused."""
        del new
        raise refusal

    def after_refused_change(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Mapping[str, Any]:
        """The definition of a class after a change was refused: as it was."""
        del new
        return old

    def check_active(self, tenant: Tenant) -> None:
        """An inactive tenant is asked nothing and given nothing."""
        if tenant.status not in _ACTIVE:
            raise Refusal(f"tenant not active: '{tenant.name}'")

    def tenant_turned(self, tenant: Tenant) -> None:
        """A tenant was added, or made active or inactive: its objects stay as they are."""
        del tenant

    def partition(self, collection: Collection, tenant: str) -> str:
        """Which part of a collection a tenant sees: its own."""
        del collection
        return tenant

    def target(self, collection: Collection, near: Near) -> str:
        """The name of the vector that is compared: the one asked for, or the only one.

        Raises:
            Refusal: several named vectors, none chosen.
        """
        if near.target_vectors:
            return near.target_vectors[0]
        if len(collection.vectors) > 1:
            raise Refusal("multiple vectorizers configuration found, please specify target vector name")
        return next(iter(collection.vectors))

    def words(self, message: str, interface: InterfaceName) -> str:
        """The message that the user of an interface sees."""
        del interface
        return message


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
