#!/bin/sh
# Search by an image within a distance. The image goes by standard input: an argument is too small for it.
# The key goes by a file of its own: what stands on a command line everybody on the machine can read.
set -eu
url="${WEAVIATE_URL:-http://127.0.0.1:8080}/v1/graphql"
class="${COLLECTION:-Dog}"
key="${WEAVIATE_API_KEY:-}"
distance="${DISTANCE:-0.2}"

{
    printf '{"variables": {"image": "'
    base64 <"${IMAGE:-Corgi.jpg}" | tr -d '\n'
    printf '"}, "query": "query ($image: String!) { Get { %s(nearImage: {image: $image, distance: %s}) { breed } } }"}' "$class" "$distance"
} | curl -sS --fail-with-body "$url" -H @/dev/fd/3 --data-binary @- 3<<HEADERS
Content-Type: application/json
${key:+Authorization: Bearer $key}
HEADERS
