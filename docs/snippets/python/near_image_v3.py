"""Search by an image as base64, with version 3 of the Python client."""

import base64
import json
import os
from pathlib import Path

import weaviate

key = os.environ.get("WEAVIATE_API_KEY")
client = weaviate.Client(
    os.environ.get("WEAVIATE_URL", "http://127.0.0.1:8080"),
    auth_client_secret=weaviate.AuthApiKey(key) if key else None,
)

content = Path(os.environ.get("IMAGE", "Corgi.jpg")).read_bytes()
base64_string = base64.b64encode(content).decode("utf-8")

response = (
    client.query.get(os.environ.get("COLLECTION", "Dog"), ["breed"])
    .with_near_image({"image": base64_string}, encode=False)
    .with_limit(1)
    .do()
)
print(json.dumps(response))
