"""A small, exact Weaviate for image search, served on loopback: the target for machines without a Weaviate.

It follows the behaviour of Weaviate 1.39.0. Start it with `harness.reference.server.serve` or
`python -m harness.reference`.
"""
