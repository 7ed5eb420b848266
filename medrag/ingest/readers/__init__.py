"""The built-in readers, one family of formats a module; `medrag.ingest.registry` knows them by name."""
