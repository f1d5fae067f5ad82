"""Two things that were measured, and whether they differ: asked side by side in rounds, or read from two records.

`rounds` asks two targets in turn; `judging` says same, slower, faster or open of each metric, all of them together.
"""
