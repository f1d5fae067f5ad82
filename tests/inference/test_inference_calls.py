"""What the service remembers of its calls."""

from __future__ import annotations

import pytest
from inference_asking import Ask, planted

from harness.images import fingerprint, planted_text
from harness.inference.calls import Calls

_FACTS = {"route": "/vectors", "id": "", "texts": 0, "images": 1, "bytes": 10, "status": 200}
_TIMES = {"waited_ms": 0.0, "computed_ms": 1.0, "total_ms": 1.5, "at": 1.7e9}


def test_each_call_is_counted_when_its_answer_arrives(ask_planted: Ask) -> None:
    """A finished call is in the list, with its route, id, numbers of texts and images, size and status."""
    ask_planted("POST", "/vectors/", json={"id": "a_0", "image": planted(1)})
    body = b'{"texts": ["' + planted_text([1]).encode() + b'"], "images": []}'
    ask_planted("POST", "/vectorize", content=body)
    ask_planted("POST", "/vectors", content=b"nonsense")
    seen = ask_planted("GET", "/nearimage/calls").json()
    assert (seen["device"], seen["encoder"], seen["next"], seen["lost"]) == ("cpu", "planted", 3, 0)
    facts = [(c["seq"], c["route"], c["id"], c["texts"], c["images"], c["status"]) for c in seen["calls"]]
    assert facts == [
        (0, "/vectors", "a_0", 0, 1, 200),
        (1, "/vectorize", "", 1, 0, 200),
        (2, "/vectors", "", 0, 0, 500),
    ]
    assert [c["bytes"] for c in seen["calls"]][1:] == [len(body), len(b"nonsense")]


def test_a_call_tells_what_it_was_sent(ask_planted: Ask) -> None:
    """Its texts and then its images, by their fingerprints, in the order in which they were sent."""
    texts, images = [planted_text([1]), planted_text([2])], [planted(3), planted(4)]
    ask_planted("POST", "/vectorize", json={"texts": texts, "images": images})
    (call,) = ask_planted("GET", "/nearimage/calls").json()["calls"]
    assert call["inputs"] == [fingerprint(one) for one in (*texts, *images)]


def test_the_times_of_a_call_fit_into_its_total(ask_planted: Ask) -> None:
    """Waiting and computing are parts of the total, apart from rounding to microseconds."""
    ask_planted("POST", "/vectors", json={"id": "1", "image": planted(1)})
    (call,) = ask_planted("GET", "/nearimage/calls").json()["calls"]
    assert call["computed_ms"] > 0
    assert call["waited_ms"] + call["computed_ms"] <= call["total_ms"] + 0.002


def test_since_leaves_out_what_was_read_before(ask_planted: Ask) -> None:
    """`since` with the last `next` gives the later calls only."""
    ask_planted("POST", "/vectors", json={"id": "old", "image": planted(1)})
    after = ask_planted("GET", "/nearimage/calls").json()["next"]
    ask_planted("POST", "/vectors", json={"id": "new", "image": planted(1)})
    later = ask_planted("GET", f"/nearimage/calls?since={after}").json()
    assert [call["id"] for call in later["calls"]] == ["new"]


@pytest.mark.parametrize("since", ["-1", "x", "1.5", "²"])
def test_a_since_that_is_no_number_is_refused(ask_planted: Ask, since: str) -> None:
    """`since` is a number of digits, and anything else a 400 that says so."""
    response = ask_planted("GET", "/nearimage/calls", params={"since": since})
    assert response.status_code == 400
    assert repr(since) in response.json()["error"]


def test_health_and_meta_are_not_calls(ask_planted: Ask) -> None:
    """Only what computes a vector is counted."""
    ask_planted("GET", "/meta")
    ask_planted("GET", "/.well-known/ready")
    assert ask_planted("GET", "/nearimage/calls").json()["calls"] == []


def test_what_the_ring_forgot_is_reported_as_lost() -> None:
    """A reader that comes too late learns how many calls it missed."""
    calls = Calls(kept=3)
    for _ in range(5):
        calls.add(**_FACTS, **_TIMES)
    assert [call["seq"] for call in calls.since(0)["calls"]] == [2, 3, 4]
    assert [calls.since(seq)["lost"] for seq in (0, 1, 2, 4, 5, 9)] == [2, 1, 0, 0, 0, 0]
