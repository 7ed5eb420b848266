"""How the static embedder was trained: no part of the library, which only reads the weights."""
