"""A scenario's load on a clock as a part of a run: what is asked, what came of it, and whether promises were kept.

`load` sends and measures; here a collection and the oracle are put behind it, and its result becomes entries of the
record and verdicts.
"""
