"""Search by an image as base64, with version 4 of the Python client."""

import base64
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

content = Path(os.environ.get("IMAGE", "Corgi.jpg")).read_bytes()
base64_string = base64.b64encode(content).decode("utf-8")

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
    found = dogs.query.near_image(base64_string, return_properties=["breed"], limit=1)

hits = [{"breed": one.properties["breed"]} for one in found.objects]
print(json.dumps({"data": {"Get": {name: hits}}}))
