"""How the columns of a table are to be read, as a person writes it down: a YAML file of `column: role` lines."""

from __future__ import annotations

from pathlib import Path

from medrag.errors import IngestError

__all__ = ["read_mapping"]


def read_mapping(path: Path) -> dict[str, object]:
    """The mapping of a YAML file, as `build` takes it. Raises `IngestError` where it is none."""
    import yaml

    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise IngestError(f"--map {path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise IngestError(f"--map {path}: not valid yaml: {error}") from None
    if not isinstance(value, dict) or not value:
        raise IngestError(f"--map {path}: wanted `column: role` lines, found {type(value).__name__}")
    return {str(key): value[key] for key in value}
