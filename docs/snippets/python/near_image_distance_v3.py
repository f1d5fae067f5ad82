"""Search by an image within a distance, with version 3 of the Python client."""

import json
import os

import weaviate

key = os.environ.get("WEAVIATE_API_KEY")
client = weaviate.Client(
    os.environ.get("WEAVIATE_URL", "http://127.0.0.1:8080"),
    auth_client_secret=weaviate.AuthApiKey(key) if key else None,
)

image = os.environ.get("IMAGE", "Corgi.jpg")
distance = float(os.environ.get("DISTANCE", "0.2"))

response = (
    client.query.get(os.environ.get("COLLECTION", "Dog"), ["breed"])
    .with_near_image({"image": image, "distance": distance}, encode=True)
    .do()
)
print(json.dumps(response))
