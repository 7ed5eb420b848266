"""How evidence is weighed: a profile, which holds what was fitted on questions, and the one that the package ships."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from pydantic import ConfigDict, Field, ValidationError

from medrag.errors import ProfileError
from medrag.retrieve.classify import SectionModel
from medrag.retrieve.features import Ranker
from medrag.types import Record

__all__ = ["CHANNELS", "Profile", "default_profile", "read_profile"]

CHANNELS = ("label", "words", "vectors", "graph")


class Profile(Record):
    """What `medrag tune` fits and `retrieve` goes by.

    `weights` are those of the channels in the fusion; a channel of weight 0 is not asked at all. `sections` says which
    sections a question asks for, `ranker` how well a passage of the right drug answers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "default"
    weights: Mapping[str, float] = Field(default={"label": 2.0, "words": 1.0, "vectors": 0.5, "graph": 1.0})
    sections: SectionModel = SectionModel()
    ranker: Ranker = Ranker()

    def asks(self, channel: str) -> bool:
        """Whether a channel is asked."""
        return self.weights.get(channel, 0.0) > 0.0

    def without(self, *channels: str) -> Profile:
        """The same profile with some channels left out."""
        return self.model_copy(update={"weights": {**self.weights, **dict.fromkeys(channels, 0.0)}})

    def alone(self, channel: str) -> Profile:
        """The same profile with one channel only."""
        return self.without(*(name for name in CHANNELS if name != channel))


@lru_cache(maxsize=1)
def default_profile() -> Profile:
    """The profile that the package ships."""
    return Profile.model_validate_json(files("medrag.retrieve").joinpath("profile.json").read_bytes())


def read_profile(path: Path) -> Profile:
    """The profile in a file. Raises `ProfileError` for one that cannot be read or holds something else."""
    try:
        return Profile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ProfileError(f"{path}: {error.strerror or error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ProfileError(f"{path}: {place}: {first['msg']}: give a file that `medrag tune` wrote") from None
