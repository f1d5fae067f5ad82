"""GraphQL over the wire: shapes, arguments of the modules, and the words for bad requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from planted_service import NO_IMAGE, image, text
from reference_bench import object_id

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(http: httpx.Client) -> Ask:
    """Sends a query with variables and gives the JSON of the answer."""

    def sender(query: str, operation: str | None = None, **variables: Any) -> dict[str, Any]:
        body = {"query": query, "variables": variables, "operationName": operation}
        answer = http.post("/v1/graphql", json=body)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    return sender


@pytest.fixture
def photo(http: httpx.Client, fresh: str) -> str:
    """A class with three objects at distances 0, 1 and 2 from (1, 0)."""
    kinds = {"image": "blob", "label": "text", "n": "int", "f": "number", "b": "boolean", "tags": "text[]"}
    body = {
        "class": fresh,
        "vectorizer": "img2vec-neural",
        "moduleConfig": {"img2vec-neural": {"imageFields": ["image"]}},
        "properties": [{"name": name, "dataType": [kind]} for name, kind in kinds.items()],
    }
    assert http.post("/v1/schema", json=body).status_code == 200
    for number, vector in enumerate([(1, 0), (0, 1), (-1, 0)], start=1):
        properties = {"image": image(*vector), "label": f"l{number}", "n": number, "f": number / 2, "b": number > 1}
        properties["tags"] = ["all", f"t{number}"]
        http.post("/v1/objects", json={"class": fresh, "id": object_id(number), "properties": properties})
    return fresh


def message(answer: dict[str, Any]) -> str:
    """The message of the only error."""
    assert len(answer["errors"]) == 1
    found: str = answer["errors"][0]["message"]
    return found


def test_hits_have_the_shape_that_was_asked_for(ask: Ask, photo: str) -> None:
    """Properties, aliases and every field of `_additional` come as selected."""
    fields = "id distance certainty vector creationTimeUnix lastUpdateTimeUnix"
    selected = f"m:label n f b tags _additional{{{fields}}}"
    query = f"query($i:String!){{Get{{{photo}(nearImage:{{image:$i}} limit:1){{{selected}}}}}}}"
    hit = ask(query, i=image(1, 0))["data"]["Get"][photo][0]
    additional = hit.pop("_additional")
    assert hit == {"m": "l1", "n": 1, "f": 0.5, "b": False, "tags": ["all", "t1"]}
    assert {name: additional[name] for name in ("id", "distance", "certainty", "vector")} == {
        "id": object_id(1),
        "distance": 0,
        "certainty": 1,
        "vector": [1, 0],
    }
    assert additional["creationTimeUnix"].isdigit()


def test_an_image_in_the_text_is_the_same_question(ask: Ask, photo: str) -> None:
    """A long image written into the query finds what it finds as a variable."""
    long = image(1, 0, *[0] * 300)
    as_text = ask(f'{{Get{{{photo}(nearImage:{{image:"{long}"}}){{n}}}}}}')
    as_variable = ask(f"query($i:String!){{Get{{{photo}(nearImage:{{image:$i}}){{n}}}}}}", i=long)
    assert message(as_text) == message(as_variable)
    assert "vector lengths don't match" in message(as_text)
    short = ask(f'{{Get{{{photo}(nearImage:{{image:"{image(1, 0)}"}}){{n}}}}}}')
    assert [hit["n"] for hit in short["data"]["Get"][photo]] == [1, 2, 3]


def test_the_same_text_with_other_values_is_another_question(ask: Ask, photo: str) -> None:
    """Literals and variables of a text that was asked before are those of the request, in whichever order they come."""
    query = f"query($i:String!){{Get{{{photo}(nearImage:{{image:$i, distance:%s}} limit:%s){{n}}}}}}"
    asked = [
        ("2.5", "1", (1, 0), [1]),
        ("2.5", "2", (-1, 0), [3, 2]),
        ("0.5", "2", (-1, 0), [3]),
        ("2.5", "3", (0, 1), [2]),
    ]
    for distance, limit, vector, found in [*asked, *reversed(asked)]:
        answer = ask(query % (distance, limit), i=image(*vector))
        assert [hit["n"] for hit in answer["data"]["Get"][photo]][: len(found)] == found
        assert len(answer["data"]["Get"][photo]) <= int(limit)


def test_a_refused_operation_is_placed_in_the_text_that_was_sent(ask: Ask, photo: str) -> None:
    """Where a mutation is asked for, the place is its own in the text, whatever literals stand before it."""
    query = f"query A{{Get{{{photo}(limit:100000){{label}}}}}} mutation B{{x}}"
    [told] = ask(query, "B")["errors"]
    assert [place["column"] for place in told["locations"]] == [query.index("mutation") + 1]


def test_a_plain_get_has_no_distance(ask: Ask, photo: str) -> None:
    """Without an operator objects come by id, and there is nothing additional to say of distance and certainty."""
    hits = ask(f"{{Get{{{photo}(limit:2 offset:1){{n _additional{{distance certainty}}}}}}}}")["data"]["Get"][photo]
    assert hits == [{"n": n, "_additional": None} for n in (2, 3)]


def test_filter_sort_and_threshold(ask: Ask, photo: str) -> None:
    """Arguments written into the text and given as variables mean the same."""
    where, sort = '{path:["n"],operator:GreaterThan,valueInt:1}', '[{path:["n"],order:desc}]'
    query = f"{{Get{{{photo}(where:{where},sort:{sort}){{n}}}}}}"
    assert ask(query)["data"]["Get"][photo] == [{"n": 3}, {"n": 2}]
    near = "nearImage:{image:$i,distance:$d}"
    query = f"query($i:String!,$d:Float,$w:GetObjects{photo}WhereInpObj){{Get{{{photo}({near} where:$w){{n}}}}}}"
    but_one = {"operator": "Not", "operands": [{"path": ["n"], "operator": "Equal", "valueInt": 1}]}
    assert ask(query, i=image(1, 0), d=1.0, w=but_one)["data"]["Get"][photo] == [{"n": 2}]
    assert len(ask(query, i=image(1, 0))["data"]["Get"][photo]) == 3


def test_groups(ask: Ask, photo: str) -> None:
    """With groupBy each entry is a group: its properties are null and `_additional{group}` has its hits."""
    group = "group{id count minDistance maxDistance groupedBy{path value} hits{n _additional{id distance}}}"
    by = 'groupBy:{path:["b"],groups:2,objectsPerGroup:2}'
    query = f"query($i:String!){{Get{{{photo}(nearImage:{{image:$i}} {by}){{n _additional{{{group}}}}}}}}}"
    second = ask(query, i=image(1, 0))["data"]["Get"][photo][1]
    assert second["n"] is None
    assert second["_additional"]["group"] == {
        "id": 1,
        "count": 2,
        "minDistance": 1,
        "maxDistance": 2,
        "groupedBy": {"path": ["b"], "value": "true"},
        "hits": [
            {"n": 2, "_additional": {"id": object_id(2), "distance": 1}},
            {"n": 3, "_additional": {"id": object_id(3), "distance": 2}},
        ],
    }


def test_counts(ask: Ask, photo: str) -> None:
    """Aggregate counts, also near an image and by value."""
    near = f'nearImage:{{image:"{image(1, 0)}",distance:1}}'
    counted = ask(f"{{Aggregate{{{photo}({near}){{meta{{count}}}}}}}}")
    assert counted["data"]["Aggregate"][photo] == [{"meta": {"count": 2}}]
    grouped = ask(f'{{Aggregate{{{photo}(groupBy:["b"]){{groupedBy{{path value}} meta{{count}}}}}}}}')
    by_true = {"groupedBy": {"path": ["b"], "value": "true"}, "meta": {"count": 2}}
    assert grouped["data"]["Aggregate"][photo][0] == by_true


def test_several_fields_in_one_request(ask: Ask, photo: str) -> None:
    """Aliases, fragments and directives work, and one field's refusal leaves the other."""
    query = (
        f"query($no:Boolean!){{Get{{a:{photo}(limit:1){{...f}} b:{photo}(limit:0){{n}} "
        f"c:{photo} @skip(if:$no){{n}}}}}} fragment f on {photo}{{n ...on {photo}{{label}}}}"
    )
    answer = ask(query, no=True)
    assert answer["data"]["Get"] == {"a": [{"n": 1, "label": "l1"}], "b": None}
    assert answer["errors"][0]["path"] == ["Get", "b"]


def test_a_named_operation_is_chosen(ask: Ask, photo: str) -> None:
    """Of several operations the named one runs; without a name that is an error."""
    query = f"query A{{Get{{{photo}(limit:1){{n}}}}}} query B{{Get{{{photo}(limit:2){{n}}}}}}"
    assert len(ask(query, "B")["data"]["Get"][photo]) == 2
    assert message(ask(query)) == "Must provide operation name if query contains multiple operations."


@pytest.mark.parametrize(
    ("near", "words"),
    [
        ("{}", 'Argument "nearImage" has invalid value {}.\nIn field "image": Expected "String!", found null.'),
        (
            "{distance:1}",
            'Argument "nearImage" has invalid value {distance: 1}.\nIn field "image": Expected "String!", found null.',
        ),
        (
            "{image:5}",
            'Argument "nearImage" has invalid value {image: 5}.\nIn field "image": Expected type "String", found 5.',
        ),
        (
            '{image:"x",foo:1}',
            'Argument "nearImage" has invalid value {image: "x", foo: 1}.\nIn field "foo": Unknown field.',
        ),
        (
            '{image:"x",distance:1e400}',
            (
                'Argument "nearImage" has invalid value {image: "x", distance: 1e400}.\n'
                'In field "distance": Expected type "Float", found 1e400.'
            ),
        ),
    ],
)
def test_bad_literals(ask: Ask, photo: str, near: str, words: str) -> None:
    """A literal of the wrong type is refused before anything runs, in the words of Weaviate's library."""
    answer = ask(f"{{Get{{{photo}(nearImage:{near}){{n}}}}}}")
    assert "data" not in answer
    assert message(answer) == words


def test_the_modules_give_the_arguments(ask: Ask, http: httpx.Client, fresh: str, photo: str) -> None:
    """A class without a module knows no nearImage, one of img2vec no nearText; with CLIP both are there."""
    bare, clip = f"Bare{fresh}", f"Clip{fresh}"
    properties = [{"name": "image", "dataType": ["blob"]}, {"name": "label", "dataType": ["text"]}]
    http.post("/v1/schema", json={"class": bare, "vectorizer": "none", "properties": properties})
    settings = {"multi2vec-clip": {"imageFields": ["image"]}}
    definition = {"class": clip, "vectorizer": "multi2vec-clip", "moduleConfig": settings, "properties": properties}
    http.post("/v1/schema", json=definition)
    unknown = 'Unknown argument "{}" on field "{}" of type "GetObjectsObj".'
    answer = ask(f'{{Get{{{bare}(nearImage:{{image:"x"}}){{label}}}}}}')
    assert message(answer).startswith(unknown.format("nearImage", bare))
    answer = ask(f'{{Get{{{photo}(nearText:{{concepts:["x"]}}){{n}}}}}}')
    assert message(answer).startswith(unknown.format("nearText", photo))
    http.post("/v1/objects", json={"class": clip, "properties": {"image": image(1, 2), "label": "it"}})
    query = f"query($t:[String]!){{Get{{{clip}(nearText:{{concepts:$t}}){{label}}}}}}"
    assert ask(query, t=[text(1, 2)])["data"]["Get"][clip] == [{"label": "it"}]


def test_words_for_other_mistakes(ask: Ask, photo: str) -> None:
    """Unknown fields, null for a required variable, and syntax errors have Weaviate's words."""
    assert message(ask(f"{{Get{{{photo}{{foo}}}}}}")).startswith(f'Cannot query field "foo" on type "{photo}".')
    query = f"query($i:String!){{Get{{{photo}(nearImage:{{image:$i}}){{n}}}}}}"
    assert message(ask(query)) == 'Variable "$i" of required type "String!" was not provided.'
    assert message(ask(query, i=None)) == 'Variable "$i" of required type "String!" was not provided.'
    assert message(ask(f"{{Get{{{photo}")).startswith("Syntax Error GraphQL request (1:")
    assert message(ask("mutation{x}")) == "Schema is not configured for mutations"


def test_a_refusal_has_data_and_place(ask: Ask, photo: str) -> None:
    """A refusal is an error beside null data, with its path and place."""
    answer = ask(f'{{Get{{{photo}(nearImage:{{image:"{NO_IMAGE}"}}){{n}}}}}}')
    assert answer["data"] == {"Get": {photo: None}}
    assert answer["errors"][0]["path"] == ["Get", photo]
    assert answer["errors"][0]["locations"] == [{"column": 6, "line": 1}]
    assert answer["errors"][0]["message"].endswith("vectorize image: fail with status 500")


def test_half_a_surrogate_pair_is_a_bad_image(http: httpx.Client, photo: str) -> None:
    """What JSON can bring and UTF-8 cannot carry reaches the service as another character, whose refusal is told."""
    body = (
        f'{{"query":"query($i:String!){{Get{{{photo}(nearImage:{{image:$i}}){{n}}}}}}","variables":{{"i":"\\ud800"}}}}'
    )
    answer = http.post("/v1/graphql", content=body.encode(), headers={"Content-Type": "application/json"}).json()
    assert answer["errors"][0]["message"].endswith("vectorize image: fail with status 500")


def test_an_empty_query_is_no_graphql(http: httpx.Client) -> None:
    """Without a query the answer is REST's error."""
    answer = http.post("/v1/graphql", json={"query": ""})
    assert (answer.status_code, answer.json()) == (422, {"error": [{"message": "query cannot be empty"}]})


def test_it_describes_itself(ask: Ask, photo: str) -> None:
    """Introspection shows the class and the arguments that its module gives it."""
    query = '{__type(name:"GetObjectsObj"){fields{name args{name}}}}'
    fields = {each["name"]: each["args"] for each in ask(query)["data"]["__type"]["fields"]}
    assert {"nearImage", "nearVector", "nearObject", "where"} <= {argument["name"] for argument in fields[photo]}


def test_a_changed_class_changes_the_schema(ask: Ask, http: httpx.Client, photo: str) -> None:
    """A property that was added can be asked for in the next request."""
    http.post(f"/v1/schema/{photo}/properties", json={"name": "extra", "dataType": ["int"]})
    assert ask(f"{{Get{{{photo}(limit:1){{extra}}}}}}")["data"]["Get"][photo] == [{"extra": None}]


def test_a_batch_of_requests(http: httpx.Client, photo: str) -> None:
    """Several requests in one call have one answer each."""
    query = {"query": f"{{Get{{{photo}(limit:1){{n}}}}}}"}
    assert [each["data"] for each in http.post("/v1/graphql/batch", json=[query, query]).json()] == [
        {"Get": {photo: [{"n": 1}]}}
    ] * 2


def test_the_type_of_each_level_is_told(ask: Ask, photo: str) -> None:
    """`__typename` is answered beside classes and within them."""
    answer = ask(f"{{Get{{__typename {photo}(limit:1){{__typename}}}}}}")
    assert answer["data"]["Get"] == {"__typename": "GetObjectsObj", photo: [{"__typename": photo}]}


def test_a_stop_word_in_a_list_is_not_looked_for(ask: Ask, photo: str) -> None:
    """A list of texts is searched for without those that are stop words only."""
    where = '{path:["label"],operator:ContainsAny,valueText:["the","L1"]}'
    assert ask(f"{{Get{{{photo}(where:{where}){{n}}}}}}")["data"]["Get"][photo] == [{"n": 1}]


def test_a_shape_that_was_seen_is_answered_by_its_own_literals(ask: Ask, photo: str) -> None:
    """The same question with other numbers and strings has another answer."""
    for limit in (1, 3, 2):
        assert len(ask(f"{{Get{{{photo}(limit:{limit}){{n}}}}}}")["data"]["Get"][photo]) == limit
    for number in (2, 3):
        where = f'where:{{path:["n"] operator:Equal valueInt:{number}}}'
        assert ask(f"{{Get{{{photo}({where}){{n}}}}}}")["data"]["Get"][photo] == [{"n": number}]
    assert "valueInt" in message(ask(f'{{Get{{{photo}(where:{{path:["n"] operator:Equal valueInt:2.5}}){{n}}}}}}'))


def test_a_shape_that_was_seen_is_forgotten_with_its_class(ask: Ask, http: httpx.Client, photo: str) -> None:
    """A query for a class that is gone, or that has other properties by now, is judged anew."""
    query = f"{{Get{{{photo}(limit:1){{label}}}}}}"
    assert "errors" not in ask(query)
    http.delete(f"/v1/schema/{photo}")
    assert "Cannot query field" in message(ask(query))
    http.post("/v1/schema", json={"class": photo, "vectorizer": "none", "properties": []})
    assert "label" in message(ask(query))


def test_a_refusal_says_where_its_field_stands(ask: Ask, photo: str) -> None:
    """Line and column are those of the text that was sent, also behind a long image."""
    long = image(1, 0, *[0] * 300)
    query = f'{{Get{{a:{photo}(nearImage:{{image:"{long}"}}){{n}} b:{photo}(nearImage:{{image:"{long}"}}){{n}}}}}}'
    places = [each["locations"] for each in ask(query)["errors"]]
    assert places == [[{"column": query.index(alias) + 1, "line": 1}] for alias in ("a:", "b:")]
