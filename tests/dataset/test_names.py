"""The names of what a run creates: never a user's own, always recognised again."""

from __future__ import annotations

from harness.dataset import Run


def test_two_runs_never_share_a_class() -> None:
    """Each run has an id of its own, and so has each class that it creates."""
    one, other = Run(), Run()
    assert one.class_name("Photo") != other.class_name("Photo")
    assert one.class_name("Photo").endswith("_Photo")


def test_a_class_name_is_one_that_weaviate_takes() -> None:
    """The name begins with a capital letter and has letters, digits and underscores only."""
    name = Run("0a1b2c").class_name("Photo_l2_flat")
    assert name == "Ni0a1b2c_Photo_l2_flat"
    assert name.isidentifier()


def test_a_class_says_whose_it_is() -> None:
    """The description names run, host and process, by which leftovers are found; the scenario's own is not sent."""
    run = Run("0a1b2c", "here", 42)
    sent = run.definition({"class": "Photo", "description": "mine", "vectorizer": "none"}, "Photo")
    assert sent == {
        "class": "Ni0a1b2c_Photo",
        "description": "nearimage run 0a1b2c on here pid 42",
        "vectorizer": "none",
    }


def test_the_scenarios_definition_stays_as_it_is() -> None:
    """What is sent is a copy, however deep."""
    written = {"class": "Photo", "moduleConfig": {"m": {"imageFields": ["image"]}}}
    sent = Run().definition(written, "Photo")
    sent["moduleConfig"]["m"]["imageFields"].append("other")
    assert written == {"class": "Photo", "moduleConfig": {"m": {"imageFields": ["image"]}}}
