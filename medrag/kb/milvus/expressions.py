"""What a search is restricted to, as expressions of Milvus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from medrag.kb.filters import Filters

__all__ = ["FOREVER", "NOTHING", "allowed", "of_ids", "there"]

FOREVER = 2**62  # the commit that removes what stays
NOTHING = "removed < 0"  # selects no row
COLUMNS = {"source": "source", "lang": "lang", "kind": "kind", "tag": "tags", "maker": "maker", "group": "section_group"}
# What both Milvus and milvus-lite read back; every other character stands for itself.
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def there(commit: int) -> str:
    """The rows that a commit shows."""
    return f"added <= {commit} and removed > {commit}"


def allowed(commit: int, access: Sequence[frozenset[str]], only: Filters = Filters()) -> str:
    """The rows that a commit shows, that carry one tag of each set, and that pass the filters."""
    required = [there(commit), *(_one_of("tag", tags) for tags in access)]
    required += [_one_of(name, values) for name, values in only.by_field().items()]
    days = only.days()
    if days is not None:
        required.append(f"day >= {days[0]} and day <= {days[1]}")
    return " and ".join(required)


def of_ids(ids: Iterable[int]) -> str:
    """The rows of some passages."""
    return f"id in [{', '.join(str(int(i)) for i in ids)}]"


def _one_of(name: str, values: Iterable[str]) -> str:
    listed = ", ".join(f'"{value.translate(_ESCAPES)}"' for value in sorted(values) if _is_text(value))
    if not listed:
        return NOTHING
    return f"array_contains_any(tags, [{listed}])" if name == "tag" else f"{COLUMNS[name]} in [{listed}]"


def _is_text(value: str) -> bool:
    """Whether Unicode has a way to write it; of what has none nothing can be stored, so nothing passes."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
