"""REST over the wire: forms, status codes, the two shapes of an error."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import pytest
from planted_service import NO_IMAGE, PlantedService, image
from reference_bench import object_id

from harness.reference.server import Served
from harness.reference.wire import dumps, shortest


def create(http: httpx.Client, name: str, **more: Any) -> None:
    """Make a class by REST."""
    properties = [{"name": "image", "dataType": ["blob"]}, {"name": "label", "dataType": ["text"]}]
    module = {"img2vec-neural": {"imageFields": ["image"]}}
    body = {"class": name, "vectorizer": "img2vec-neural", "moduleConfig": module, "properties": properties, **more}
    assert http.post("/v1/schema", json=body).status_code == 200


def put(http: httpx.Client, name: str, number: int, **properties: Any) -> httpx.Response:
    """Insert one object by REST."""
    return http.post("/v1/objects", json={"class": name, "id": object_id(number), "properties": properties})


def messages(answer: httpx.Response) -> list[str]:
    """The messages of REST's ordinary error."""
    return [each["message"] for each in answer.json()["error"]]


def test_it_says_what_it_is(http: httpx.Client, served: tuple[Served, PlantedService]) -> None:
    """The meta route names the followed version, both modules, and what the CLIP service says."""
    meta = http.get("/v1/meta").json()
    assert meta["version"] == "1.39.0"
    assert meta["modules"] == {"img2vec-neural": {}, "multi2vec-clip": {"model": "planted"}}
    assert meta["hostname"] == served[0].url


@pytest.mark.parametrize("route", ["ready", "live"])
def test_it_is_ready(http: httpx.Client, route: str) -> None:
    """Readiness and liveness answer 200 without a body."""
    answer = http.get(f"/v1/.well-known/{route}")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_class_and_its_life(http: httpx.Client, fresh: str) -> None:
    """A class is created, listed, read, and gone after DELETE; a missing one is 404, and its DELETE 200."""
    create(http, fresh)
    assert fresh in [each["class"] for each in http.get("/v1/schema").json()["classes"]]
    assert http.get(f"/v1/schema/{fresh}").json()["vectorizer"] == "img2vec-neural"
    assert http.delete(f"/v1/schema/{fresh}").status_code == 200
    assert http.get(f"/v1/schema/{fresh}").status_code == 404
    assert http.delete(f"/v1/schema/{fresh}").status_code == 200


def test_a_refused_class(http: httpx.Client) -> None:
    """A refused class is a 422 with an error and the field `allowed`."""
    answer = http.post("/v1/schema", json={"class": "X", "vectorizer": "foo"})
    assert answer.status_code == 422
    assert answer.json() == {"allowed": None, "error": [{"message": 'vectorizer: no module with name "foo" present'}]}


def test_an_object_and_its_life(http: httpx.Client, fresh: str) -> None:
    """An object is inserted, read with its vector, replaced, merged, found by HEAD and deleted."""
    create(http, fresh)
    one = f"/v1/objects/{fresh}/{object_id(1)}"
    inserted = put(http, fresh, 1, image=image(1, 0.1), label="x")
    assert (inserted.status_code, inserted.json()["vector"]) == (200, [1, 0.1])
    read = http.get(one, params={"include": "vector"}).json()
    assert (read["properties"]["label"], read["vector"]) == ("x", [1, 0.1])
    assert "vector" not in http.get(one).json()
    body = {"class": fresh, "id": object_id(1), "properties": {"image": image(0, 1), "label": "y"}}
    assert http.put(one, json=body).json()["vector"] == [0, 1]
    assert http.patch(one, json={"class": fresh, "properties": {"label": "z"}}).status_code == 204
    assert http.get(one).json()["properties"] == {"image": image(0, 1), "label": "z"}
    assert [http.head(one).status_code, http.delete(one).status_code, http.head(one).status_code] == [204, 204, 404]
    assert http.delete(one).status_code == 204


def test_the_old_route_takes_the_class_from_the_body(http: httpx.Client, fresh: str) -> None:
    """PUT and PATCH of an object by its id alone, deprecated and still there, change the object of the body's class."""
    create(http, fresh)
    put(http, fresh, 1, image=image(1, 0))
    one = f"/v1/objects/{object_id(1)}"
    body = {"class": fresh, "id": object_id(1), "properties": {"image": image(0, 1)}}
    assert http.put(one, json=body).json()["vector"] == [0, 1]
    assert http.patch(one, json={**body, "properties": {"image": image(1, 1)}}).status_code == 204
    kept = http.get(f"/v1/objects/{fresh}/{object_id(1)}", params={"include": "vector"}).json()
    assert kept["vector"] == [1, 1]


def test_what_is_not_there(http: httpx.Client, fresh: str) -> None:
    """A missing object is a 404 without a body for GET, PUT and PATCH."""
    create(http, fresh)
    one, body = f"/v1/objects/{fresh}/{object_id(9)}", {"class": fresh, "id": object_id(9), "properties": {}}
    answers = [http.get(one), http.put(one, json=body), http.patch(one, json=body)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(404, b"")] * 3


def test_refused_objects(http: httpx.Client, fresh: str) -> None:
    """A taken id, a bad blob and an image that cannot be read have each their status and words."""
    create(http, fresh)
    put(http, fresh, 1)
    taken, bad, unread = put(http, fresh, 1), put(http, fresh, 2, image="!"), put(http, fresh, 3, image=NO_IMAGE)
    assert [answer.status_code for answer in (taken, bad, unread)] == [422, 422, 500]
    assert messages(taken) == [f"id '{object_id(1)}' already exists"]
    assert messages(bad)[0].startswith("invalid object: invalid blob property 'image'")
    assert messages(unread) == ["vectorize target vector : update vector: fail with status 500"]


def test_bodies_of_the_wrong_shape(http: httpx.Client) -> None:
    """What is not JSON, not of type JSON, or has a bad id is refused with a code and a message."""
    as_json = {"Content-Type": "application/json"}
    broken = http.post("/v1/objects", content=b"{", headers=as_json)
    plain = http.post("/v1/objects", content=b"{}")
    bad_id = http.post("/v1/objects", json={"class": "X", "id": "abc"})
    assert [(each.status_code, each.json()["code"]) for each in (broken, plain, bad_id)] == [
        (400, 400),
        (415, 415),
        (422, 601),
    ]
    assert bad_id.json()["message"] == 'id in body must be of type uuid: "abc"'


def test_unknown_routes(http: httpx.Client) -> None:
    """An unknown path is 404 and a wrong method 405, both as JSON."""
    assert http.get("/v1/nix").json() == {"code": 404, "message": "path /v1/nix was not found"}
    assert http.get("/v1/graphql").json()["code"] == 405


def test_a_batch_says_the_fate_of_each(http: httpx.Client, fresh: str) -> None:
    """In a batch each object has a result; the good ones are stored."""
    create(http, fresh)
    objects = [
        {"class": fresh, "id": object_id(1), "properties": {"image": image(1, 0)}},
        {"class": fresh, "id": object_id(2), "properties": {"image": NO_IMAGE}},
        {"class": "", "properties": {}},
    ]
    answer = http.post("/v1/batch/objects", json={"objects": objects})
    assert [each["result"]["status"] for each in answer.json()] == ["SUCCESS", "FAILED", "FAILED"]
    errors = [each["result"]["errors"]["error"][0]["message"] for each in answer.json()[1:]]
    assert errors == ["fail with status 500", "the given class is empty"]
    assert http.get("/v1/objects", params={"class": fresh}).json()["totalResults"] == 1


def test_an_empty_batch_is_refused(http: httpx.Client) -> None:
    """A batch without objects is a 422."""
    assert http.post("/v1/batch/objects", json={"objects": []}).status_code == 422


def test_listing_goes_on_after_an_id(http: httpx.Client, fresh: str) -> None:
    """Objects are listed by id; `after`, `offset` and `limit` page through them."""
    create(http, fresh)
    for number in (3, 1, 2, 4):
        put(http, fresh, number, image=image(number, 1))
    asked = {"class": fresh, "limit": 2, "include": "vector"}
    pages = [asked | {"after": ""}, asked | {"after": object_id(2)}, asked | {"offset": 3}]
    ids = [[each["id"] for each in http.get("/v1/objects", params=page).json()["objects"]] for page in pages]
    assert ids == [[object_id(1), object_id(2)], [object_id(3), object_id(4)], [object_id(4)]]


def test_deleting_by_filter(http: httpx.Client, fresh: str) -> None:
    """A filter names what is deleted; a dry run and an unknown class change nothing."""
    create(http, fresh)
    put(http, fresh, 1, label="yes")
    put(http, fresh, 2, label="no")
    match = {"class": fresh, "where": {"path": ["label"], "operator": "Equal", "valueText": "yes"}}
    dry = http.request("DELETE", "/v1/batch/objects", json={"match": match, "dryRun": True, "output": "verbose"})
    done = http.request("DELETE", "/v1/batch/objects", json={"match": match})
    assert dry.json()["results"]["objects"] == [{"id": object_id(1), "status": "DRYRUN"}]
    assert (done.json()["results"]["matches"], done.json()["results"]["successful"]) == (1, 1)
    unknown = http.request("DELETE", "/v1/batch/objects", json={"match": {**match, "class": "Nix"}})
    assert messages(unknown) == ["validate: failed to get class: Nix"]
    assert http.get("/v1/objects", params={"class": fresh}).json()["totalResults"] == 1


def test_validating_stores_nothing(http: httpx.Client, fresh: str) -> None:
    """The validate route answers 200 or 422 and stores nothing."""
    create(http, fresh)
    good = {"class": fresh, "id": object_id(1), "properties": {"label": "x"}}
    assert http.post("/v1/objects/validate", json=good).status_code == 200
    assert http.post("/v1/objects/validate", json={**good, "properties": {"label": 1}}).status_code == 422
    assert http.get("/v1/objects", params={"class": fresh}).json()["totalResults"] == 0


def test_tenants_by_rest(http: httpx.Client, fresh: str) -> None:
    """Tenants are added, shown with their status, changed and removed; objects name theirs."""
    create(http, fresh, multiTenancyConfig={"enabled": True})
    route = f"/v1/schema/{fresh}/tenants"
    assert http.post(route, json=[{"name": "a"}, {"name": "b"}]).status_code == 200
    body = {"class": fresh, "id": object_id(1), "properties": {"image": image(1, 0)}, "tenant": "a"}
    assert http.post("/v1/objects", json=body).json()["tenant"] == "a"
    one = f"/v1/objects/{fresh}/{object_id(1)}"
    statuses = [http.get(one, params={"tenant": tenant}).status_code for tenant in ("a", "b", "c", "")]
    assert statuses == [200, 404, 422, 422]
    http.put(route, json=[{"name": "a", "activityStatus": "INACTIVE"}])
    http.request("DELETE", route, json=["b"])
    assert http.get(route).json() == [{"activityStatus": "COLD", "name": "a"}]
    assert [http.head(f"{route}/{name}").status_code for name in ("a", "b")] == [200, 404]


def test_floats_are_printed_short() -> None:
    """A float32 is printed as the shortest decimal that reads back, alone and in a vector."""
    vector = np.array([0.1, 1, -0.0, 1e-7, 16_777_216, 3.4e38], np.float32)
    printed = dumps({"vector": vector, "distance": shortest(float(np.float32(0.1)))})
    assert printed.startswith(b'{"vector":[0.1,1,-0,1e-07,')
    assert printed.endswith(b'"distance":0.1}')
    read = httpx.Response(200, content=printed).json()["vector"]
    assert np.array_equal(np.array(read, np.float32), vector)
