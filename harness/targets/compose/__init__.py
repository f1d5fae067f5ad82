"""Weaviate from a Compose file: a person's own, or one that `writing` prints (those lie under `compose/` as well).

`target` puts it together; `reading` finds what is what in a file, `rewriting` makes the copy that is started, `program`
is the command that Compose is, and `project` what it started: watched, restarted, taken away.
"""
