"""A generated case as a scenario file."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.generating.shapes import Shape, shapes, written
from harness.model import Metric, Module, Where
from harness.scenario import Ask, Step, Thing, Write, load_scenario

IMAGES = st.tuples(*[st.floats(width=32, allow_nan=False, allow_infinity=False)] * 3)
PROPERTIES = st.fixed_dictionaries({"label": st.text(max_size=9), "number": st.integers(-9, 9)})
LEAVES = st.builds(lambda value: Where("Equal", ("label",), value), st.text(max_size=9))
FILTERS = LEAVES | st.builds(lambda both: Where("Or", operands=both), st.tuples(LEAVES, LEAVES))
ASKS = st.builds(Ask, IMAGES, limit=st.integers(1, 9), offset=st.none() | st.integers(0, 9), where=st.none() | FILTERS)
BOUNDS = st.builds(Ask, IMAGES, distance=st.floats(allow_nan=False, allow_infinity=False))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Step, ...]:
    """Steps that can be done one after the other, on two objects."""
    things = [Thing(number, draw(IMAGES), draw(PROPERTIES)) for number in (1, 2)]
    changed = Thing(1, draw(st.none() | IMAGES), draw(PROPERTIES))
    asked = draw(st.lists(ASKS | BOUNDS, max_size=3))
    return (
        Write("insert", (things[0],)),
        Write("batch", (things[0], things[1])),
        *asked,
        Write("patch", (changed,)),
        Write("replace", (things[0],)),
        Write("delete", (Thing(2),)),
    )


@settings(max_examples=40)
@given(steps=cases(), metric=st.sampled_from(Metric), module=st.sampled_from(Module))
def test_what_is_written_is_read_again(steps: tuple[Step, ...], metric: Metric, module: Module) -> None:
    """A case's scenario gives the same steps again, to the last bit of every number."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "case.yaml")
        path.write_text(written(Shape(metric, module, "hnsw", named=False, tenants=False), steps), encoding="utf-8")
        scenario = load_scenario(path)
    assert scenario.steps == steps
    assert [(one.metric, one.module) for one in scenario.collections] == [(metric, module)]


def test_every_shape_is_a_scenario(tmp_path: Path) -> None:
    """Each kind of class that is drawn is one that the harness knows: metric, module, index, name of the vector."""
    path = tmp_path / "shape.yaml"
    for shape in shapes(tuple(Module), (1, 39, 0)):
        path.write_text(written(shape, ()))
        [found] = load_scenario(path).collections
        assert (found.metric, found.module, found.index) == (shape.metric, shape.module, shape.index)
        assert (found.vector_name is not None) == shape.named


def test_an_old_server_gets_classes_that_it_knows() -> None:
    """Named vectors, flat indexes and tenants are left out before the releases that brought them."""
    old, new = shapes(tuple(Module), (1, 19, 13)), shapes(tuple(Module), ())
    assert {(one.index, one.named, one.tenants) for one in old} == {("hnsw", False, False)}
    every = product(("hnsw", "flat"), (False, True), (False, True))
    assert {(one.index, one.named, one.tenants) for one in new} == set(every)
    assert {one.metric for one in old} == set(Metric)
