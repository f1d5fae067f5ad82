"""Commands of `nearimage` that are a subject of their own: each file adds one to the parser and acts on it."""
