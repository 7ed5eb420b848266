"""The ratings of models that a judge's comparisons came to, as they are kept in a file and shown in a report."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from medrag.errors import EvaluationError
from medrag.types import Record

__all__ = ["Model", "Rated", "Value", "read_ratings"]


class Value(Record):
    """A rating with its 95 % interval."""

    value: float
    low: float
    high: float


class Model(Record):
    """What a model was rated at."""

    model: str
    elo: Value
    bradley_terry: Value


class Rated(Record):
    """The ratings of one set of comparisons, best first, and what is to be said of them: by which judge, how many ties."""

    name: str
    said: str
    models: tuple[Model, ...]


def read_ratings(path: Path) -> Rated:
    """The ratings in a file that `medrag evaluate judge` wrote; `EvaluationError` for anything else."""
    try:
        return Rated.model_validate_json(path.read_bytes())
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise EvaluationError(f"{path}: these are no ratings: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
