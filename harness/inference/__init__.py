"""The inference service: encoders, served over the two wire protocols that Weaviate's modules call.

Look into `encoders` for what an encoder is, `wire` for the protocols, `server` for the service, and `process` for
starting it as a program of its own. `README.md` beside this file says what the stand-in for CLIP can tell apart.
"""
