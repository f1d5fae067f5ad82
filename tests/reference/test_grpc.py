"""The reference's gRPC, asked with bare messages: what is found, in which form, and what is refused."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from weaviate.proto.v1 import (
    aggregate_pb2,
    batch_delete_pb2,
    batch_pb2,
    health_weaviate_pb2,
    search_get_pb2,
    tenants_pb2,
    weaviate_pb2_grpc,
)

from harness.errors import TargetError
from harness.images import planted_picture, planted_text
from harness.inference.serving import serve
from harness.reference.engine import Engine
from harness.reference.grpc import start

VECTORS = {1: (1, 0, 0), 2: (4, 1, 0), 3: (1, 1, 0), 4: (0, 1, 0), 5: (-1, 0.5, 0)}
LABELS = {1: "cat", 2: "cat", 3: "dog", 4: "dog", 5: "fish"}


def picture(*vector: float) -> str:
    """A planted picture as base64."""
    return planted_picture(vector, name="planted").base64


def object_id(number: int) -> str:
    """The id of the object with this number."""
    return str(uuid.UUID(int=number))


def floats(*numbers: float) -> bytes:
    """Float32 components as gRPC carries them."""
    return struct.pack(f"<{len(numbers)}f", *numbers)


class Asking:
    """The stubs, taking protobuf's JSON form and giving it back."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel
        self.stub = weaviate_pb2_grpc.WeaviateStub(channel)

    def search(self, **request: Any) -> dict[str, Any]:
        """Send a `SearchRequest`."""
        message = json_format.ParseDict({"uses_127_api": True} | request, search_get_pb2.SearchRequest())
        return as_json(self.stub.Search(message))

    def numbers(self, **request: Any) -> list[int]:
        """The numbers of the objects that a search finds, best first."""
        results = self.search(metadata={"uuid": True}, **request).get("results", [])
        return [uuid.UUID(result["metadata"]["id"]).int for result in results]

    def refused(self, **request: Any) -> str:
        """The words with which a search is refused, its status being UNKNOWN."""
        with pytest.raises(grpc.RpcError) as caught:
            self.search(**request)
        assert caught.value.code() is grpc.StatusCode.UNKNOWN
        return str(caught.value.details())

    def count(self, **request: Any) -> dict[str, Any]:
        """Send an `AggregateRequest`."""
        return as_json(self.stub.Aggregate(json_format.ParseDict(request, aggregate_pb2.AggregateRequest())))

    def put(self, *objects: dict[str, Any]) -> list[dict[str, Any]]:
        """Send a `BatchObjectsRequest`; return its errors."""
        message = json_format.ParseDict({"objects": list(objects)}, batch_pb2.BatchObjectsRequest())
        return as_json(self.stub.BatchObjects(message)).get("errors", [])


def as_json(message: Any) -> dict[str, Any]:
    """A message in protobuf's JSON form."""
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def classes() -> list[dict[str, Any]]:
    """The collections that the tests ask."""
    image, label = {"name": "image", "dataType": ["blob"]}, {"name": "label", "dataType": ["text"]}
    img2vec = {"vectorizer": "img2vec-neural", "moduleConfig": {"img2vec-neural": {"imageFields": ["image"]}}}
    clip = {"imageFields": ["image"], "textFields": ["label"]}
    numbers = [
        {"name": "number", "dataType": ["int"]},
        {"name": "score", "dataType": ["number"]},
        {"name": "ok", "dataType": ["boolean"]},
        {"name": "tags", "dataType": ["text[]"]},
        {"name": "sizes", "dataType": ["int[]"]},
    ]
    return [
        {"class": "Photo", "properties": [image, label, *numbers]} | img2vec,
        {"class": "Dot", "properties": [image], "vectorIndexConfig": {"distance": "dot"}} | img2vec,
        {"class": "Plain", "vectorizer": "none", "properties": [label]},
        {"class": "Shared", "properties": [image], "multiTenancyConfig": {"enabled": True}} | img2vec,
        {
            "class": "Named",
            "properties": [image, label],
            "vectorConfig": {
                "look": {"vectorizer": {"img2vec-neural": {"imageFields": ["image"]}}, "vectorIndexType": "hnsw"},
                "meaning": {"vectorizer": {"multi2vec-clip": clip}, "vectorIndexType": "flat"},
            },
        },
    ]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """Stubs for a reference with a few objects."""
    with serve() as url:
        engine = Engine(tmp_path_factory.mktemp("reference"), url)
        for definition in classes():
            engine.classes.create(definition)
        engine.classes.add_tenants(engine.collection("Shared"), [{"name": "left"}, {"name": "right"}])
        started = start(engine, "127.0.0.1", 0)
        with grpc.insecure_channel(f"127.0.0.1:{started.port}") as channel:
            asking = Asking(channel)
            assert not asking.put(*(photo(number) for number in VECTORS))
            yield asking
        started.stop()
        engine.close()


def photo(number: int, collection: str = "Photo") -> dict[str, Any]:
    """One object as a batch carries it."""
    values = {"image": picture(*VECTORS[number]), "label": LABELS[number], "number": number}
    return {"uuid": object_id(number), "collection": collection, "properties": {"non_ref_properties": values}}


def test_the_best_hit_comes_first(ask: Asking) -> None:
    """A search with an image finds all objects, nearest first."""
    assert ask.numbers(collection="Photo", near_image={"image": picture(1, 0, 0)}) == [1, 2, 3, 4, 5]


def test_a_distance_is_inclusive(ask: Asking) -> None:
    """A hit as far away as the threshold belongs to the result, also where the threshold is 0."""
    near = {"image": picture(1, 0, 0)}
    assert ask.numbers(collection="Photo", near_image=near | {"distance": 0}) == [1]
    assert ask.numbers(collection="Photo", near_image=near | {"distance": 1}) == [1, 2, 3, 4]


def test_certainty_is_a_threshold(ask: Asking) -> None:
    """A certainty is the distance 2 (1 - certainty)."""
    near = {"image": picture(1, 0, 0), "certainty": 0.5}
    assert ask.numbers(collection="Photo", near_image=near) == [1, 2, 3, 4]


def test_zero_means_the_default_limit(ask: Asking) -> None:
    """A limit of 0 is no limit of 0: the default applies."""
    assert len(ask.numbers(collection="Photo", limit=0, near_image={"image": picture(1, 0, 0)})) == 5


def test_pages_join_up(ask: Asking) -> None:
    """Offset and limit cut the one ranking."""
    near = {"image": picture(1, 0, 0)}
    assert ask.numbers(collection="Photo", limit=2, offset=2, near_image=near) == [3, 4]


@pytest.mark.parametrize(
    "near",
    [
        {"near_image": {"image": picture(1, 0, 0)}},
        {"near_vector": {"vector": [1, 0, 0]}},
        {"near_object": {"id": object_id(1)}},
    ],
    ids=["image", "vector", "object"],
)
def test_image_vector_and_object_agree(ask: Asking, near: dict[str, Any]) -> None:
    """The same place asked for by an image, a vector or an object gives the same ranking."""
    assert ask.numbers(collection="Photo", limit=3, **near) == [1, 2, 3]


def test_a_vector_may_be_sent_in_any_age_s_form(ask: Asking) -> None:
    """A query vector is understood as bytes and as a message of its own, too."""
    request = search_get_pb2.SearchRequest(collection="Photo", limit=1, uses_127_api=True)
    request.metadata.uuid = True
    request.near_vector.vector_bytes = floats(0, 1, 0)
    assert ask.stub.Search(request).results[0].metadata.id == object_id(4)
    request.near_vector.vectors.add(vector_bytes=floats(-1, 0.5, 0))
    assert ask.stub.Search(request).results[0].metadata.id == object_id(5)


def test_metadata_are_there_when_asked_for(ask: Asking) -> None:
    """Id, vector, distance, certainty and times come when they are asked for, each marked as present."""
    wanted = dict.fromkeys(("uuid", "vector", "distance", "certainty", "creation_time_unix"), True)
    reply = ask.search(collection="Photo", limit=1, metadata=wanted, near_image={"image": picture(4, 1, 0)})
    metadata = reply["results"][0]["metadata"]
    assert metadata["id"] == object_id(2)
    assert metadata["vector"] == [4, 1, 0]
    assert metadata["distance_present"]
    assert metadata["certainty"] == pytest.approx(1)
    assert metadata["creation_time_unix_present"]


def test_metadata_are_absent_when_not_asked_for(ask: Asking) -> None:
    """Nothing is told that nobody asked for."""
    reply = ask.search(collection="Photo", limit=1, near_image={"image": picture(4, 1, 0)})
    assert reply["results"][0]["metadata"] == {}


def test_blobs_come_only_when_named(ask: Asking) -> None:
    """Without names every property but the image comes back, absent ones as nulls; named, the image comes too."""
    near = {"image": picture(1, 0, 0)}
    unnamed = ask.search(collection="Photo", limit=1, near_image=near)["results"][0]["properties"]
    fields = unnamed["non_ref_props"]["fields"]
    assert fields["number"] == {"int_value": "1"}
    assert fields["score"] == {"null_value": None}
    assert "image" not in fields
    named = ask.search(collection="Photo", limit=1, near_image=near, properties={"non_ref_properties": ["image"]})
    assert named["results"][0]["properties"]["non_ref_props"]["fields"] == {
        "image": {"blob_value": picture(1, 0, 0)},
    }


def test_certainty_is_left_out_for_other_metrics(ask: Asking) -> None:
    """With dot, certainty as a field is left out, as a threshold it is refused."""
    assert not ask.put(photo(1, "Dot"))
    near = {"image": picture(1, 0, 0)}
    reply = ask.search(collection="Dot", metadata={"certainty": True, "distance": True}, near_image=near)
    assert reply["results"][0]["metadata"] == {"distance": -1.0, "distance_present": True}
    words = ask.refused(collection="Dot", near_image=near | {"certainty": 0.5})
    assert words == "can't compute and return certainty when vector index is configured with dot distance"


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"operator": "OPERATOR_EQUAL", "target": {"property": "label"}, "value_text": "dog"}, [3, 4]),
        ({"operator": "OPERATOR_GREATER_THAN", "on": ["number"], "value_number": 3.0}, [4, 5]),
        ({"operator": "OPERATOR_EQUAL", "target": {"property": "_id"}, "value_text": object_id(3)}, [3]),
        (
            {
                "operator": "OPERATOR_CONTAINS_ANY",
                "target": {"property": "label"},
                "value_text_array": {"values": ["cat", "fish"]},
            },
            [1, 2, 5],
        ),
        (
            {
                "operator": "OPERATOR_NOT",
                "filters": [{"operator": "OPERATOR_EQUAL", "target": {"property": "label"}, "value_text": "dog"}],
            },
            [1, 2, 5],
        ),
    ],
    ids=["text", "whole number sent as a float", "id", "one of", "not"],
)
def test_a_filter_only_removes(ask: Asking, filters: dict[str, Any], numbers: list[int]) -> None:
    """What passes the filter keeps its rank."""
    assert ask.numbers(collection="Photo", near_image={"image": picture(1, 0, 0)}, filters=filters) == numbers


def test_groups_come_in_the_order_of_their_best_hit(ask: Asking) -> None:
    """Groups have a name, a number of objects and the distances of their best and worst hit."""
    reply = ask.search(
        collection="Photo",
        metadata={"uuid": True, "distance": True},
        near_image={"image": picture(1, 0, 0)},
        group_by={"path": ["label"], "number_of_groups": 2, "objects_per_group": 2},
    )
    groups = reply["group_by_results"]
    assert [group["name"] for group in groups] == ["cat", "dog"]
    assert groups[1]["number_of_objects"] == "2"
    assert groups[1]["min_distance"] == groups[1]["objects"][0]["metadata"]["distance"]
    assert groups[1]["max_distance"] == groups[1]["objects"][1]["metadata"]["distance"]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"collection": "Nothing"}, "could not find class Nothing in schema"),
        ({"collection": "Photo", "near_image": {"image": ""}}, "'nearImage.image' needs to be defined"),
        (
            {"collection": "Photo", "near_image": {"image": "QUJD", "distance": 1, "certainty": 1}},
            "near_image: cannot provide distance and certainty",
        ),
        ({"collection": "Photo", "near_image": {"image": "QUJD"}}, "fail with status 500"),
        ({"collection": "Plain", "near_image": {"image": "QUJD"}}, "could not vectorize input for collection Plain"),
        (
            {"collection": "Photo", "near_vector": {"vector": [1, 0, 0]}, "sort_by": [{"path": ["number"]}]},
            "sorting cannot be combined with search",
        ),
        (
            {"collection": "Named", "near_image": {"image": "QUJD"}},
            "class Named has multiple vectors, but no target vectors were provided",
        ),
        (
            {"collection": "Photo", "near_vector": {"vector": [1, 0, 0]}, "limit": 10_001},
            "query maximum results exceeded",
        ),
        ({"collection": "Shared", "near_image": {"image": picture(1, 0)}}, "but request was without tenant"),
        ({"collection": "Photo", "filters": {"target": {"property": "number"}, "value_int": 1}}, "unknown filter"),
        ({"collection": "Photo", "near_vector": {}}, "near_vector: vector is required"),
        (
            {"collection": "Photo", "properties": {"non_ref_properties": ["nothing"]}},
            "no such prop with name 'nothing'",
        ),
    ],
    ids=str,
)
def test_refusals_are_weaviate_s(ask: Asking, request_: dict[str, Any], words: str) -> None:
    """What Weaviate refuses is refused with a status UNKNOWN and its words."""
    assert words in ask.refused(**request_)


def test_named_vectors_are_chosen_and_returned_by_name(ask: Asking) -> None:
    """A target vector is searched, and named vectors come back under their names."""
    properties = {"non_ref_properties": {"image": picture(1, 2, 2), "label": planted_text((1, 0, 0), "a cat")}}
    assert not ask.put({"uuid": object_id(6), "collection": "Named", "properties": properties})
    reply = ask.search(
        collection="Named",
        metadata={"vectors": ["look"], "distance": True},
        near_text={"query": [planted_text((1, 1, 1), "a text")], "targets": {"target_vectors": ["meaning"]}},
    )
    metadata = reply["results"][0]["metadata"]
    assert [vector["name"] for vector in metadata["vectors"]] == ["look"]
    assert metadata["distance"] == pytest.approx(0, abs=1e-6)


def test_aggregate_counts(ask: Asking) -> None:
    """Aggregate counts all objects, those within a distance, and those of each value."""
    near = {"image": picture(1, 0, 0), "distance": 1}
    assert ask.count(collection="Photo", objects_count=True)["single_result"] == {"objects_count": "5"}
    within = ask.count(collection="Photo", objects_count=True, near_image=near)
    assert within["single_result"] == {"objects_count": "4"}
    grouped = ask.count(collection="Photo", objects_count=True, group_by={"collection": "Photo", "property": "label"})
    counts = {g["grouped_by"]["text"]: g["objects_count"] for g in grouped["grouped_results"]["groups"]}
    assert counts == {"cat": "2", "dog": "2", "fish": "1"}


def test_aggregate_needs_an_end(ask: Asking) -> None:
    """Aggregate with an image and neither a threshold nor an object limit is refused."""
    with pytest.raises(grpc.RpcError, match="must provide certainty or objectLimit with vector search"):
        ask.count(collection="Photo", objects_count=True, near_image={"image": picture(1, 0, 0)})


def test_a_batch_tells_each_object_s_fate(ask: Asking) -> None:
    """One bad object does not keep the others from being stored."""
    errors = ask.put(
        {"uuid": object_id(20), "collection": "Photo", "properties": {"non_ref_properties": {"image": "QUJD"}}},
        {"uuid": object_id(21), "collection": "Plain", "vector": [1, 2], "properties": {}},
        {"uuid": "seven", "collection": "Plain"},
    )
    assert {(error.get("index", 0), error["error"]) for error in errors} == {
        (0, "fail with status 500"),
        (2, "invalid UUID length: 5"),
    }
    assert ask.numbers(collection="Plain", near_vector={"vector": [1, 2]}) == [21]


def test_lists_come_back_as_they_went(ask: Asking) -> None:
    """Lists of texts and of whole numbers, and an own vector, are stored and returned exactly."""
    values = {
        "non_ref_properties": {"label": "lists", "score": 0.1},
        "text_array_properties": [{"prop_name": "tags", "values": ["red", "blue"]}],
        "int_array_properties": [{"prop_name": "sizes", "values": [1, -2]}],
    }
    assert not ask.put({"uuid": object_id(30), "collection": "Photo", "vector": [9, 9, 9], "properties": values})
    wanted = {"non_ref_properties": ["tags", "sizes", "score"]}
    by_id = {"operator": "OPERATOR_EQUAL", "target": {"property": "_id"}, "value_text": object_id(30)}
    message = {"collection": "Photo", "filters": by_id, "properties": wanted, "uses_127_api": True}
    reply = ask.stub.Search(json_format.ParseDict(message, search_get_pb2.SearchRequest()))
    fields = reply.results[0].properties.non_ref_props.fields
    assert list(fields["tags"].list_value.text_values.values) == ["red", "blue"]
    assert fields["sizes"].list_value.int_values.values == struct.pack("<2q", 1, -2)
    assert fields["score"].number_value == 0.1
    delete = json_format.ParseDict({"collection": "Photo", "filters": by_id}, batch_delete_pb2.BatchDeleteRequest())
    assert as_json(ask.stub.BatchDelete(delete))["successful"] == "1"


def test_a_stream_names_who_failed(ask: Asking) -> None:
    """A stream acknowledges what arrived, then tells by id which objects were stored and which were not."""
    values = [
        {"uuid": object_id(40), "collection": "Plain", "vector": [3, 4]},
        {"uuid": object_id(41), "collection": "Photo", "properties": {"non_ref_properties": {"image": "QUJD"}}},
    ]
    sent = [{"start": {}}, {"data": {"objects": {"values": values}}}, {"stop": {}}]
    messages = (json_format.ParseDict(each, batch_pb2.BatchStreamRequest()) for each in sent)
    started, acks, results = (as_json(reply) for reply in ask.stub.BatchStream(messages))
    assert started == {"started": {}}
    assert acks["acks"]["uuids"] == [object_id(40), object_id(41)]
    assert results["results"] == {
        "errors": [{"error": "fail with status 500", "uuid": object_id(41)}],
        "successes": [{"uuid": object_id(40)}],
    }


def test_tenants_are_listed(ask: Asking) -> None:
    """The tenants of a collection are listed with their status."""
    reply = as_json(ask.stub.TenantsGet(tenants_pb2.TenantsGetRequest(collection="Shared")))
    assert [(tenant["name"], tenant["activity_status"]) for tenant in reply["tenants"]] == [
        ("left", "TENANT_ACTIVITY_STATUS_HOT"),
        ("right", "TENANT_ACTIVITY_STATUS_HOT"),
    ]


def test_health_is_serving(ask: Asking) -> None:
    """The standard health service says that the server serves."""
    check = ask.channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_weaviate_pb2.WeaviateHealthCheckRequest.SerializeToString,
        response_deserializer=health_weaviate_pb2.WeaviateHealthCheckResponse.FromString,
    )
    assert as_json(check(health_weaviate_pb2.WeaviateHealthCheckRequest())) == {"status": "SERVING"}


def test_a_taken_port_is_an_error(tmp_path: Path) -> None:
    """Two servers cannot share a port: the second says so, instead of taking half the calls."""
    engine = Engine(tmp_path, "http://127.0.0.1:9")
    first = start(engine, "127.0.0.1", 0)
    try:
        with pytest.raises(TargetError, match=f"127.0.0.1:{first.port}"):
            start(engine, "127.0.0.1", first.port)
    finally:
        first.stop()
        engine.close()
