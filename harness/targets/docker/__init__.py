"""Weaviate and the inference services behind it as containers of a Docker daemon.

`target` puts it together; `daemon` is the connection, `trouble` what goes wrong with it in sentences; `containers` is
one container, `database` and `inference` are the two kinds of ours; `images` and `building` get what they are made
of; `labels` and `leftovers` know what is whose.
"""
