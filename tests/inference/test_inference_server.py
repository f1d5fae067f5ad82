"""The service without a socket: both protocols, health, and what it says when something is wrong."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field

import httpx
import pytest
from inference_asking import Ask, asker, base64_of, planted, png

from harness.images import planted_text
from harness.inference.encoders import Encoders


def error_of(response: httpx.Response) -> str:
    """The reason of a failure; a failure has nothing else."""
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    return body["error"]


@pytest.mark.parametrize("path", ["/.well-known/live", "/.well-known/ready", "/.well-known/ready/"])
def test_health_is_204_without_a_body(ask_planted: Ask, path: str) -> None:
    """Both health routes answer 204 and nothing else."""
    response = ask_planted("GET", path)
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("path", ["/vectors", "/vectors/"])
def test_vectors_answers_id_vector_and_dim(ask_planted: Ask, path: str) -> None:
    """img2vec's route, with and without its final slash, gives the id back, the vector and its length."""
    response = ask_planted("POST", path, json={"id": "search_17", "image": planted(1, -2, 0.5)})
    assert response.status_code == 200
    assert response.json() == {"id": "search_17", "vector": [1.0, -2.0, 0.5], "dim": 3}


@pytest.mark.parametrize("path", ["/vectorize", "/vectorize/"])
def test_vectorize_answers_texts_and_images_in_order(ask_planted: Ask, path: str) -> None:
    """CLIP's route gives one vector for each text and each image, in the order in which they were sent."""
    body = {"texts": [planted_text([3, 4]), planted_text([5, 6])], "images": [planted(7, 8), planted(9, 10)]}
    response = ask_planted("POST", path, json=body)
    assert response.json() == {"textVectors": [[3, 4], [5, 6]], "imageVectors": [[7, 8], [9, 10]]}


@pytest.mark.parametrize("body", [{}, {"texts": None, "images": None}, {"texts": [], "images": []}])
def test_vectorize_takes_what_is_absent_for_empty(ask_planted: Ask, body: dict[str, object]) -> None:
    """Absent, null and empty lists are the same: nothing was asked for, and nothing is answered."""
    assert ask_planted("POST", "/vectorize", json=body).json() == {"textVectors": [], "imageVectors": []}


def test_the_content_type_does_not_matter(ask_planted: Ask) -> None:
    """A body is JSON whatever its Content-Type says, and without one."""
    body = json.dumps({"id": "1", "image": planted(1)}).encode()
    for headers in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/json; charset=utf-8"}):
        assert ask_planted("POST", "/vectors", content=body, headers=headers).json()["vector"] == [1.0]


def test_line_breaks_in_base64_are_skipped(ask_planted: Ask) -> None:
    """Base64 that is wrapped at 76 columns is the same image."""
    image = planted(*range(100))
    wrapped = "\r\n".join(image[n : n + 76] for n in range(0, len(image), 76))
    answers = [ask_planted("POST", "/vectors", json={"id": "1", "image": i}).json() for i in (image, wrapped)]
    assert answers[0] == answers[1]
    assert answers[0]["dim"] == 100


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "a list, not an object"),
        (b"null", "null, not an object"),
        (b'{"image": ""}', "'id' is missing"),
        (b'{"id": "1"}', "'image' is missing"),
        (b'{"id": 1, "image": ""}', "'id' is a number"),
        (b'{"id": "1", "image": null}', "'image' is null"),
        (b'{"id": "1", "image": ["x"]}', "'image' is a list"),
        (b'{"id": "1", "image": ""}', "the image is empty"),
        (b'{"id": "1", "image": "\xc3\xa4\xc3\xb6"}', "not base64"),
        (b'{"id": "1", "image": "abcde"}', "not base64"),
        (b'{"id": "1", "image": "%%%%"}', "empty"),
        (b'{"id": "1", "image": "aGVsbG8gd29ybGQ="}', "image"),
    ],
)
def test_a_body_that_is_wrong_is_a_500_with_its_reason(ask: Ask, body: bytes, reason: str) -> None:
    """Whatever is wrong with a body of img2vec's route, the answer is 500 and says what."""
    assert reason in error_of(ask("POST", "/vectors", content=body))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"texts": "a cat"}, "'texts' is a string, not a list"),
        ({"images": {}}, "'images' is an object"),
        ({"texts": ["a", 1]}, "'texts[1]' is a number"),
        ({"images": [True]}, "'images[0]' is a boolean"),
        ({"images": [planted(1), base64_of(b"no image")]}, "images[1]: "),
    ],
)
def test_a_vectorize_that_is_wrong_names_the_place(ask: Ask, body: dict[str, object], reason: str) -> None:
    """The answer to a wrong `/vectorize` says which text or image was wrong; nothing is answered by halves."""
    assert reason in error_of(ask("POST", "/vectorize", json=body))


def test_a_data_url_is_no_image(ask: Ask) -> None:
    """The letters of a `data:` prefix are read as base64 and spoil the image, as in Weaviate's containers."""
    url = "data:image/png;base64," + base64_of(png())
    assert "image" in error_of(ask("POST", "/vectors", json={"id": "1", "image": url}))


def test_a_truncated_image_is_a_500(ask: Ask) -> None:
    """Half an image gives no vector."""
    half = base64_of(png(size=(300, 300))[:-40])
    assert "damaged" in error_of(ask("POST", "/vectors", json={"id": "1", "image": half}))


def test_an_unknown_route_and_a_wrong_method_are_answered_in_json(ask_planted: Ask) -> None:
    """What is not served is 404 or 405 with a reason."""
    missing, wrong = ask_planted("GET", "/v1/meta"), ask_planted("GET", "/vectors")
    assert (missing.status_code, wrong.status_code) == (404, 405)
    assert missing.json() == {"error": "no GET /v1/meta here"}
    assert wrong.json() == {"error": "no GET /vectors here"}


def test_meta_says_what_answers(ask: Ask) -> None:
    """`/meta` is an object that names the encoder and calls the stand-in a stand-in."""
    meta = ask("GET", "/meta").json()
    assert (meta["encoder"], meta["device"]) == ("auto", "cpu")
    assert "stand-in for CLIP" in meta["model"]


@dataclass
class Broken:
    """An encoder with a bug."""

    def image(self, data: bytes) -> list[float]:
        """Fail in a way that no caller foresees."""
        raise ZeroDivisionError(f"{len(data)} bytes")

    def text(self, text: str) -> list[float]:
        """Answer what JSON cannot say."""
        return [float("nan"), float(len(text))]


def test_a_bug_in_an_encoder_is_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    """A bug is a 500 that names it, and its traceback is in the service's log."""
    response = asker(Encoders("broken", Broken(), Broken()))("POST", "/vectors", json={"id": "1", "image": "aGk="})
    assert error_of(response) == "ZeroDivisionError: 2 bytes"
    assert "a call of /vectors failed" in caplog.text


def test_a_vector_that_is_not_finite_is_a_500() -> None:
    """NaN never leaves the service: JSON has no word for it."""
    response = asker(Encoders("broken", Broken(), Broken()))("POST", "/vectorize", json={"texts": ["a"]})
    assert "not finite" in error_of(response)


@dataclass
class Meeting:
    """An encoder whose calls each wait until another one has come: two at once, or neither ends."""

    both: threading.Barrier = field(default_factory=lambda: threading.Barrier(2, timeout=20))

    def image(self, data: bytes) -> list[float]:
        """Wait for the other call."""
        self.both.wait()
        return [float(len(data))]

    def text(self, text: str) -> list[float]:
        """Wait for the other call."""
        self.both.wait()
        return [float(len(text))]


def test_two_calls_are_worked_on_at_once() -> None:
    """With two workers, one call is read and decoded while another computes."""
    meeting = Meeting()
    ask = asker(Encoders("meeting", meeting, meeting), workers=2)
    answers: list[int] = []
    ways = [("/vectors", {"id": "1", "image": "aGk="}), ("/vectorize", {"texts": ["hi"]})]
    threads = [
        threading.Thread(target=lambda path=path, body=body: answers.append(ask("POST", path, json=body).status_code))
        for path, body in ways
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200, 200]
