"""A scenario with something of everything; tests spoil one thing in it."""

GOOD = """\
nearimage: 1
name: a good one
needs: {module: img2vec-neural, weaviate: ">=1.19"}
collection:
  class: Thing
  vectorizer: img2vec-neural
  moduleConfig: {img2vec-neural: {imageFields: [image]}}
  properties:
    - {name: image, dataType: [blob]}
    - {name: label, dataType: [text]}
    - {name: number, dataType: [int]}
images: {from: ./pictures, views: [mirror], as: image, keep: [label, number]}
questions:
  red: {near_image: warm/red.png, limit: 2}
  near: {near_image: warm/red.png, distance: 0.2}
promises:
  red: {first: warm/red, label_precision_at_2: 0.5, recall: 1.0}
  every_image: {label_precision_at_1: 0.5}
  latency: {p50: 20ms, p95: 1.5s, errors: 0}
load: {requests: 200, warmup: 1}
checks: ["near-image/*"]
"""
