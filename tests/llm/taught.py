"""What tiny models are taught: one reply in a preset's form; and adapters and copies of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from medrag.llm.form import prompt_ids
from medrag.llm.messages import Message, Role
from medrag.llm.presets import preset_named
from tests.llm.tiny import REPLY, learn, quiet

QUESTION = "怎么吃？"


def taught(preset: str) -> Callable[[Any], list[int]]:
    """The ids of a conversation in a preset's form, reply and end included, as the model saw it in training."""

    def ids(tokenizer: Any) -> list[int]:
        form = preset_named(preset).form
        if form is None:
            text = tokenizer.apply_chat_template(
                [{"role": "user", "content": QUESTION}], tokenize=False, add_generation_prompt=True
            )
            return [*tokenizer.encode(text + REPLY, add_special_tokens=False), tokenizer.eos_token_id]
        prompt = prompt_ids(form, [Message(Role.USER, QUESTION)], tokenizer)
        said = "Helper: " + REPLY if preset.startswith("pulse") else REPLY
        reply = tokenizer.encode(said, add_special_tokens=False)
        if preset == "pulse-7b":  # its first token is the primer
            reply = reply[1:]
        return [*prompt, *reply, tokenizer.convert_tokens_to_ids("</s>")]

    return ids


def copied(folder: Path, into: Path) -> Path:
    made = into / "model"
    made.mkdir()
    for file in folder.iterdir():
        (made / file.name).write_bytes(file.read_bytes())
    return made


def saved_adapter(base: Path, folder: Path, preset: str) -> Path:
    """An adapter as BenTsao's (q_proj and v_proj), here with the other layers too, so that it learns on two layers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(1)
    with quiet():
        model: Any = AutoModelForCausalLM.from_pretrained(base)
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "up_proj", "down_proj", "gate_proj"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers for what it has renamed
        tuned = get_peft_model(model, LoraConfig(r=16, lora_alpha=64, target_modules=targets, task_type="CAUSAL_LM"))
    learn(tuned, taught(preset)(AutoTokenizer.from_pretrained(base)), steps=120)
    tuned.save_pretrained(folder)
    return folder
