"""One process of the server: the app, made from what the process that started it left in the environment."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

from fastapi import FastAPI

from medrag.chat.assistant import Assistant
from medrag.chat.opened import open_assistants
from medrag.errors import MedRAGError
from medrag.patterns import compile_all
from medrag.retrieve.ahead import none_spared
from medrag.server.app import create_app
from medrag.server.settings import ServerSettings
from medrag.types import Record

__all__ = ["PLAN", "ServerPlan", "make_app"]

PLAN = "MEDRAG_SERVER_PLAN"
# Seconds after which a thread that answers lets the one that speaks HTTP go on; Python's own 5 ms, several times a
# request, are most of what a short request waits for.
SWITCH_S = 0.001
# What only some questions load.
_LATE = ("medrag.answer.safety.check", "medrag.answer.conflicts.find", "scipy.sparse")


class ServerPlan(Record):
    """What each process serves, and how."""

    assistants: tuple[Assistant, ...]
    settings: ServerSettings


def make_app() -> FastAPI:
    """The app of the plan in the environment. Raises where there is none."""
    text = os.environ.get(PLAN)
    if text is None:
        raise MedRAGError("this is the server's own door: start it with `medrag serve`")
    sys.setswitchinterval(SWITCH_S)
    plan = ServerPlan.model_validate_json(text)
    wanted = {assistant.api_key_variable for assistant in plan.assistants}
    keys = {name: os.environ[name] for name in wanted if name in os.environ}
    app = create_app(open_assistants(plan.assistants, keys=keys), plan.settings)
    if plan.settings.workers > 1:
        none_spared()
    _settle()
    return app


def _settle() -> None:
    """Does now what the first questions would else do, each while others wait behind it.

    What there is by now stays: the collector need not go through it again, a tenth of a second each time.
    """
    for name in _LATE:
        import_module(name)
    compile_all()
    gc.collect()
    gc.freeze()
