"""The library over HTTP: an OpenAI-compatible API, the project's own, and the page."""
