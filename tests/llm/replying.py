"""A model that replies as a test says, and what it is asked."""

from __future__ import annotations

from medrag.llm.load import load_model
from medrag.llm.messages import Message, Role
from medrag.llm.model import Model
from medrag.llm.scripted import Script, ScriptedLLM
from medrag.llm.work import Limits

__all__ = ["ASKED", "FAST", "scripted"]

ASKED = [Message(Role.USER, "阿司匹林一天吃几次？")]
FAST = Limits(first_s=30.0, next_s=30.0, total_s=60.0, pause_s=0.0)


def scripted(*replies: str | Script, limits: Limits = FAST, preset: str = "chat") -> Model:
    return load_model(ScriptedLLM(list(replies)), limits=limits, preset=preset)
