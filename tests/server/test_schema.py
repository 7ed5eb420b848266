"""The description of the API, and whatever it allows: no request that fits it, or nearly does, is a fault of the server."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from starlette.testclient import TestClient

from medrag.server.app import create_app
from medrag.server.keys import KeyRing, Role
from medrag.server.settings import ServerSettings
from tests.server.serving import IBUPROFEN, assistant_over
from tests.server.uploading import file
from tests.shelf import shelf

# `make fuzz-server` asks for more.
EXAMPLES = int(os.environ.get("MEDRAG_FUZZ", "3"))
PATIENCE_S = 300.0  # for an answer: with schemathesis' own ten seconds a busy machine looks like a fault
LOCAL = {"Host": "localhost"}
# Nobody draws these by chance: without them little gets past the first look at a request.
KNOWN = {"source": "labels", "key": "Z1", "model": "medrag", "id": "布洛芬缓释胶囊"}


@pytest.fixture(scope="module", params=["without keys", "with keys"])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, str]]]:
    """The API over a small knowledge base, as schemathesis reads it, and the headers with which it may be called."""
    folder = tmp_path_factory.mktemp("api")
    with shelf(folder) as kb:
        path: Path = kb.path
    headers, keys = LOCAL, None
    if request.param == "with keys":
        keys = folder / "keys.json"
        _, token = KeyRing(keys).add("all", list(Role))
        headers = {**LOCAL, "Authorization": f"Bearer {token}"}
    kept = ServerSettings(sessions=folder / "s.sqlite", feedback=folder / "f.sqlite", keys=keys)
    app = create_app([assistant_over(path)], kept)
    with TestClient(app):
        yield schemathesis.openapi.from_asgi("/openapi.json", app, headers=LOCAL), headers


def test_nothing_that_the_description_allows_is_a_fault_of_the_server(api: tuple[Any, dict[str, str]]) -> None:
    schema, headers = api
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    seen: dict[str, Counter[int]] = defaultdict(Counter)
    known = {**KNOWN, **_made(schema.app, headers)}
    for operation in operations:
        valid = operation.as_strategy()

        @seed(1)
        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(
            case=st.one_of(
                valid.map(lambda case: _fit(case, known)),
                valid,
                operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
            )
        )
        def sent(case: Any) -> None:
            response = case.call(headers=headers, timeout=PATIENCE_S)
            seen[f"{case.method} {case.path}"][response.status_code] += 1
            case.validate_response(response, checks=[not_a_server_error])

        sent()
    assert len(seen) == len(operations)
    if EXAMPLES >= 20:
        _print(seen)
        assert all(seen[f"POST /v1/{path}"][200] for path in ("ask", "search", "explain", "chat/completions", "embeddings"))


def _made(app: Any, headers: dict[str, str]) -> dict[str, str]:
    """A session and a job that are there, by the names that the addresses give them."""
    client = TestClient(app, headers=headers)
    asked = client.post("/v1/ask", json={"question": IBUPROFEN, "session": "new"})
    job = client.post("/v1/documents", files=[file("a.txt", "安平片\n【贮藏】密封。\n")])
    return {"session": asked.json()["session"], "job": job.json()["id"]}


def _fit(case: Any, known: dict[str, str]) -> Any:
    """The request about things that are there, its conversation ended by a question."""
    for name in known.keys() & (case.path_parameters or {}).keys():
        case.path_parameters[name] = known[name]
    if case.query and "model" in case.query:
        case.query["model"] = "medrag"
    if case.query and "entity" in case.query:
        case.query["entity"] = known["id"]
    if isinstance(case.body, dict):
        if "model" in case.body:
            case.body["model"] = "medrag"
        if "messages" in case.body:
            case.body["messages"] = [*case.body["messages"], {"role": "user", "content": IBUPROFEN}]
            case.body.pop("n", None)
            case.body.pop("response_format", None)
        if "question" in case.body:
            case.body["question"] = case.body["question"] or IBUPROFEN
            case.body.pop("session", None)
    return case


def _print(seen: dict[str, Counter[int]]) -> None:
    for operation, statuses in seen.items():
        print(operation, " ".join(f"{status}×{count}" for status, count in sorted(statuses.items())))


def test_every_route_of_the_api_is_described_with_its_errors(live_description: dict[str, Any]) -> None:
    for path in ("/v1/ask", "/v1/search", "/v1/explain", "/v1/check", "/v1/chat/completions", "/v1/embeddings", "/v1/models"):
        for operation in live_description["paths"][path].values():
            assert operation["summary"] and operation["description"]
            assert {"200", "400", "401", "403", "413", "429", "503"} <= set(operation["responses"])
            assert "422" not in operation["responses"]
            assert operation["security"]


@pytest.fixture
def live_description() -> dict[str, Any]:
    """The description of an app that serves nothing."""
    described: dict[str, Any] = create_app([], ServerSettings()).openapi()
    return described
