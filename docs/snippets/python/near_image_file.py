"""Search by an image file, with version 4 of the Python client: by its name, its Path, or opened."""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import weaviate
from weaviate.classes.init import Auth

http = urlsplit(os.environ.get("WEAVIATE_URL", "http://127.0.0.1:8080"))
grpc_host, _, grpc_port = os.environ.get("WEAVIATE_GRPC", "127.0.0.1:50051").rpartition(":")
key = os.environ.get("WEAVIATE_API_KEY")
name = os.environ.get("COLLECTION", "Dog")

image = os.environ.get("IMAGE", "Corgi.jpg")
if not Path(image).is_file():  # the client would take what is no file for base64
    raise SystemExit(f"there is no file {image}")

with weaviate.connect_to_custom(
    http_host=http.hostname,
    http_port=http.port or (443 if http.scheme == "https" else 80),
    http_secure=http.scheme == "https",
    grpc_host=grpc_host,
    grpc_port=int(grpc_port),
    grpc_secure=http.scheme == "https",
    auth_credentials=Auth.api_key(key) if key else None,
    skip_init_checks=True,  # one of these asks a package index for the newest client, which may not be reachable
) as client:
    dogs = client.collections.use(name)
    by_name = dogs.query.near_image(image, return_properties=["breed"], limit=1)
    by_path = dogs.query.near_image(Path(image), return_properties=["breed"], limit=1)
    with Path(image).open("rb") as file:
        by_file = dogs.query.near_image(file, return_properties=["breed"], limit=1)

for found in (by_name, by_path, by_file):
    hits = [{"breed": one.properties["breed"]} for one in found.objects]
    print(json.dumps({"data": {"Get": {name: hits}}}))
