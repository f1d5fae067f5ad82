"""Search by an image file, with version 3 of the Python client: by its name, or opened; it takes no Path."""

import json
import os
from pathlib import Path

import weaviate

key = os.environ.get("WEAVIATE_API_KEY")
client = weaviate.Client(
    os.environ.get("WEAVIATE_URL", "http://127.0.0.1:8080"),
    auth_client_secret=weaviate.AuthApiKey(key) if key else None,
)

image = os.environ.get("IMAGE", "Corgi.jpg")
query = client.query.get(os.environ.get("COLLECTION", "Dog"), ["breed"]).with_limit(1)
print(json.dumps(query.with_near_image({"image": image}, encode=True).do()))

with Path(image).open("rb") as file:
    query = client.query.get(os.environ.get("COLLECTION", "Dog"), ["breed"]).with_limit(1)
    print(json.dumps(query.with_near_image({"image": file}, encode=True).do()))
