"""`medrag tune`: a profile fitted to one's own labelled questions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medrag.cli.output import Kb, counted, open_kb, write_lines
from medrag.cli.progress import progress_bar

__all__ = ["tune"]


def tune(
    questions: Annotated[
        list[Path], typer.Argument(metavar="QUESTIONS...", help="Question files, or folders of them.", show_default=False)
    ],
    kb: Kb,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.json", help="Where the profile is written.", show_default=False)],
    asked: Annotated[
        list[Path] | None,
        typer.Option(
            "--asked", metavar="FILE.tsv", help="Questions of which only the sections are known: question TAB groups."
        ),
    ] = None,
    base: Annotated[
        Path | None, typer.Option("--from", metavar="FILE.json", help="Start from this profile instead of the package's own.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start from nothing: it takes some hundred questions.")] = False,
) -> None:
    """Fit a profile to labelled questions.

    Fitted are the section model, the ranker and the weights of the channels. A question file is as for
    `medrag evaluate retrieval`; questions marked "frozen" are left out. Use the profile with `--profile FILE.json`.
    """
    from medrag.evaluate.tasks import section_cases
    from medrag.evaluate.tune import read_asked
    from medrag.evaluate.tune import tune as fitted
    from medrag.retrieve.profile import Profile, default_profile, read_profile

    if fresh and base is not None:
        raise typer.BadParameter("--fresh starts from nothing and --from from a profile: give one of them")
    cases = [case for path in questions for case in section_cases(path)]
    lessons = [lesson for path in asked or () for lesson in read_asked(path)]
    start = Profile() if fresh else read_profile(base) if base is not None else default_profile()
    with open_kb(kb) as knowledge, progress_bar() as tell:
        profile = fitted(cases, knowledge, base=start, asked=lessons, name=out.stem, progress=tell)
    out.write_text(profile.model_dump_json(exclude_defaults=True) + "\n", "utf-8")
    weights = ", ".join(f"{channel} {weight:g}" for channel, weight in profile.weights.items())
    write_lines(
        [f"{out}: fitted to {counted(len(cases), 'question')} and {counted(len(lessons), 'section question')}; {weights}"]
    )
