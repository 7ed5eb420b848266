"""Cycles of objects are looked for rarely during an ingest, and as before after it."""

from __future__ import annotations

import gc

import pytest

from medrag.ingest.collecting import EVERY, rarely_collected


def test_what_was_set_is_set_again_where_the_last_run_ends() -> None:
    usual = gc.get_threshold()
    with rarely_collected():
        with rarely_collected():
            assert gc.get_threshold() == (EVERY, *usual[1:])
        assert gc.get_threshold()[0] == EVERY
    assert gc.get_threshold() == usual


def test_it_is_set_again_after_an_error() -> None:
    usual = gc.get_threshold()
    with pytest.raises(ValueError, match="no"), rarely_collected():
        raise ValueError("no")
    assert gc.get_threshold() == usual


def test_what_is_off_stays_off() -> None:
    usual = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with rarely_collected():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*usual)
