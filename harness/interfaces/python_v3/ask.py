"""Asks Weaviate with version 3 of its Python client: a question a line on standard input, an answer a line back.

It runs in an environment of its own and imports nothing of the harness. It decides nothing: what became of a question
is judged by the program that started it. The first line in has the address of the database, the first line out says
that the client is there. It ends with its standard input.
"""

import ast
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import requests
import weaviate
from weaviate.exceptions import UnexpectedStatusCodeException

_answers = sys.stdout
sys.stdout = sys.stderr  # the client's own words must not stand between the answers


def connected(where: dict[str, Any]) -> weaviate.Client:
    """A client; it asks the server for its version."""
    key = weaviate.AuthApiKey(where["api_key"]) if where["api_key"] else None
    timeouts = (where["timeout"], where["timeout"])
    return weaviate.Client(where["url"], auth_client_secret=key, timeout_config=timeouts, startup_period=None)


def with_image(query: Any, content: dict[str, Any], image: dict[str, str], opened: contextlib.ExitStack) -> Any:
    """The query with an image, in the form that was asked for: base64, or what the client reads itself."""
    if image["form"] == "base64":
        return query.with_near_image({**content, "image": image["text"]}, encode=False)
    in_file = image["form"] == "file"
    given = opened.enter_context(Path(image["text"]).open("rb")) if in_file else image["text"]  # noqa: SIM115
    return query.with_near_image({**content, "image": given}, encode=True)


def built(client: weaviate.Client, question: dict[str, Any], opened: contextlib.ExitStack) -> Any:
    """The query of a question."""
    query = client.query.get(question["collection"], question["properties"])
    content, near = question["threshold"], question["near"]
    if near["kind"] == "image":
        query = with_image(query, content, near, opened)
    elif near["kind"] == "text":
        query = query.with_near_text({**content, "concepts": near["concepts"]})
    elif near["kind"] == "vector":
        query = query.with_near_vector({**content, "vector": near["vector"]})
    else:
        query = query.with_near_object({**content, "id": near["id"]})
    for name in ("limit", "offset", "autocut", "tenant", "where", "sort"):
        if question[name] is not None:
            query = getattr(query, f"with_{name}")(question[name])
    return query.with_additional(question["additional"]) if question["additional"] else query


def body_of(error: UnexpectedStatusCodeException) -> Any:
    """The body of an answer that was an error, which the client tells as the end of a sentence; None if no JSON."""
    told = str(error).partition("with response body: ")[2].rpartition("}")
    return ast.literal_eval(told[0] + told[1]) if told[1] else None


def answer(where: dict[str, Any], question: dict[str, Any]) -> dict[str, Any]:
    """What the client returned or raised."""
    global _client  # noqa: PLW0603 - the one client; a connection that failed is tried again with the next question
    try:
        if _client is None:
            _client = connected(where)
        with contextlib.ExitStack() as opened:
            query = built(_client, question, opened)
            return {"status": 200, "body": query.do()}
    except UnexpectedStatusCodeException as error:
        return {"status": error.status_code, "body": body_of(error)}
    except (ValueError, TypeError) as error:
        lost = isinstance(error, requests.exceptions.RequestException)  # a body that is no JSON is a ValueError too
        return {"lost" if lost else "refused": f"{type(error).__name__}: {error}"}
    except Exception as error:  # noqa: BLE001 - a client raises what it likes
        return {"lost": f"{type(error).__name__}: {error}"}


_client: Any = None


def main() -> None:
    """Answer until nothing more is asked."""
    where: dict[str, Any] | None = None
    for line in sys.stdin:
        heard = json.loads(line)
        if where is None:
            where, said = heard, {"client": weaviate.__version__}
        else:
            said = {"id": heard["id"], **answer(where, heard)}
        _answers.write(json.dumps(said) + "\n")
        _answers.flush()


if __name__ == "__main__":
    main()
