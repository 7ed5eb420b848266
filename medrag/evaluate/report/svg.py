"""Plots as SVG text, drawn without any library: curves, points with intervals, on axes with round marks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Curve", "Dot", "curves", "dots"]

WIDTH, HEIGHT = 480, 300  # of a plot, in pixels
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 12, 46  # margins
LEGEND = 16  # height of a line of a legend, which stands above the plot
ROW = 22  # height of a row of a plot of points
NAMES = 170  # width of the names beside such a plot
MARKS = 5  # marks of an axis, about
COLOURS = ("#1f6f8b", "#c1553b", "#5b8c3a", "#7a5195", "#b8860b", "#4a4a4a")


@dataclass(frozen=True, slots=True)
class Curve:
    """A named line through points (x, y); `marked` draws the points too."""

    name: str
    points: Sequence[tuple[float, float]]
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A named value with its interval."""

    name: str
    value: float
    low: float
    high: float


def curves(
    lines: Sequence[Curve],
    *,
    x: str,
    y: str,
    diagonal: bool = False,
    y_from_zero: bool = True,
    x_marks: Sequence[float] = (),
) -> str:
    """A plot of curves with a legend; "" where there is nothing to draw. `diagonal` is drawn where x and y ought to be equal.

    `x_marks`, where given, are the marks of the x axis, which reaches from the first to the last.
    """
    points = [point for line in lines for point in line.points]
    if not points:
        return ""
    xs = (x_marks[0], x_marks[-1]) if x_marks else _range([p[0] for p in points])
    ys = _range([p[1] for p in points], zero=y_from_zero)
    drawn = [_axes(xs, ys, x, y, x_marks or _marks(xs))]
    if diagonal:
        drawn.append(_path([(max(xs[0], ys[0]),) * 2, (min(xs[1], ys[1]),) * 2], xs, ys, "#999", "4 4"))
    for at, line in enumerate(lines):
        colour = COLOURS[at % len(COLOURS)]
        drawn.append(_path(line.points, xs, ys, colour))
        if line.marked:
            drawn += [f'<circle cx="{_x(a, xs):.1f}" cy="{_y(b, ys):.1f}" r="3" fill="{colour}"/>' for a, b in line.points]
    legend = "".join(_legend(at, line.name, COLOURS[at % len(COLOURS)]) for at, line in enumerate(lines))
    above = LEGEND * len(lines)
    plot = f'<g transform="translate(0 {above})">{"".join(drawn)}</g>'
    return _svg(WIDTH, HEIGHT + above, f"{y} by {x}", [legend, plot])


def dots(rows: Sequence[Dot], *, x: str, span: tuple[float, float] | None = None) -> str:
    """A plot of one value with its interval a row, over the span or what the values need; "" where there are none."""
    if not rows:
        return ""
    height = ROW * len(rows) + BOTTOM
    span = span or _range([edge for row in rows for edge in (row.low, row.high)])
    drawn = []
    for mark in _marks(span):
        place = _across(mark, span)
        drawn.append(f'<line x1="{place:.1f}" y1="0" x2="{place:.1f}" y2="{height - BOTTOM}" class="grid"/>')
        drawn.append(f'<text x="{place:.1f}" y="{height - BOTTOM + 16}" text-anchor="middle">{_number(mark)}</text>')
    for at, row in enumerate(rows):
        middle = ROW * at + ROW / 2
        low, value, high = (_across(edge, span) for edge in (row.low, row.value, row.high))
        drawn.append(f'<text x="{NAMES - 8}" y="{middle + 4}" text-anchor="end">{escape(row.name)}</text>')
        drawn.append(
            f'<line x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}" stroke="{COLOURS[0]}" stroke-width="2"/>'
        )
        drawn.append(f'<circle cx="{value:.1f}" cy="{middle}" r="4" fill="{COLOURS[0]}"/>')
    drawn.append(f'<text x="{(NAMES + WIDTH) / 2}" y="{height - 8}" text-anchor="middle">{escape(x)}</text>')
    return _svg(WIDTH, height, x, drawn)


def _svg(width: int, height: int, title: str, drawn: Sequence[str]) -> str:
    head = (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" xmlns="http://www.w3.org/2000/svg">'
    )
    return f"{head}<title>{escape(title)}</title>{''.join(drawn)}</svg>"


def _axes(xs: tuple[float, float], ys: tuple[float, float], x: str, y: str, x_marks: Sequence[float]) -> str:
    drawn = []
    for mark in _marks(ys):
        place = _y(mark, ys)
        drawn.append(f'<line x1="{LEFT}" y1="{place:.1f}" x2="{WIDTH - RIGHT}" y2="{place:.1f}" class="grid"/>')
        drawn.append(f'<text x="{LEFT - 6}" y="{place + 4:.1f}" text-anchor="end">{_number(mark)}</text>')
    for mark in x_marks:
        drawn.append(f'<text x="{_x(mark, xs):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{_number(mark)}</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    drawn.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x)}</text>')
    drawn.append(f'<text x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">{escape(y)}</text>')
    return "".join(drawn)


def _path(
    points: Sequence[tuple[float, ...]], xs: tuple[float, float], ys: tuple[float, float], colour: str, dashes: str = "none"
) -> str:
    way = " ".join(f"{'M' if at == 0 else 'L'}{_x(p[0], xs):.1f},{_y(p[1], ys):.1f}" for at, p in enumerate(points))
    return f'<path d="{way}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>'


def _legend(at: int, name: str, colour: str) -> str:
    place = LEGEND * at + LEGEND // 2
    return (
        f'<line x1="{LEFT + 10}" y1="{place}" x2="{LEFT + 30}" y2="{place}" stroke="{colour}" stroke-width="3"/>'
        f'<text x="{LEFT + 36}" y="{place + 4}">{escape(name)}</text>'
    )


def _range(values: Sequence[float], *, zero: bool = False) -> tuple[float, float]:
    """The round numbers that enclose the values."""
    low, high = min(values), max(values)
    low = min(low, 0.0) if zero else low
    step = _step(low, high)
    bottom, top = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return (bottom, top) if top > bottom else (bottom, bottom + step)


def _step(low: float, high: float) -> float:
    """The distance of marks: 1, 2 or 5 times a power of ten."""
    rough = (high - low) / MARKS or 1.0
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough - 1e-12)


def _marks(span: tuple[float, float]) -> list[float]:
    step = _step(*span)
    first, last = math.ceil(span[0] / step - 1e-9), math.floor(span[1] / step + 1e-9)
    return [step * at for at in range(first, last + 1)]


def _x(value: float, span: tuple[float, float]) -> float:
    return LEFT + (value - span[0]) / (span[1] - span[0]) * (WIDTH - LEFT - RIGHT)


def _y(value: float, span: tuple[float, float]) -> float:
    return HEIGHT - BOTTOM - (value - span[0]) / (span[1] - span[0]) * (HEIGHT - TOP - BOTTOM)


def _across(value: float, span: tuple[float, float]) -> float:
    return NAMES + (value - span[0]) / (span[1] - span[0]) * (WIDTH - NAMES - RIGHT)


def _number(value: float) -> str:
    return f"{value:.10g}" if abs(value) < 1e-9 or abs(value) >= 1e-3 else f"{value:.1e}"
