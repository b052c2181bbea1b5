"""The plots of the register as SVG: text stays text, light or dark by the reader's system, shapes beside colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, log10
from typing import Any, TypeAlias

STYLE = """
text{fill:#1b1b1b;font:12px system-ui,"Noto Sans JP",sans-serif}.dim{fill:#595959}.head{font-weight:700}
.ground{fill:#fff}.grid{stroke:#d5d5d5}.lead{stroke:#8a8a8a}.bound{stroke:#595959;stroke-dasharray:4 4}
.ours{fill:#0b57d0;stroke:#0b57d0}.peer{fill:none;stroke:#595959;stroke-width:2}
.line{fill:none;stroke-width:2}.second{stroke-dasharray:7 4}
text.ours{stroke:none;font-weight:700}.end{text-anchor:end}.middle{text-anchor:middle}
@media(prefers-color-scheme:dark){.ground{fill:#16181c}text{fill:#ececec}.dim{fill:#b4b4b4}.grid{stroke:#3a3d42}
.bound,.peer{stroke:#b4b4b4}.ours{fill:#8ab4f8;stroke:#8ab4f8}}
.line.ours{fill:none}
"""
CHARACTER, BOLD = 6.6, 7.4
FAR = 6
"""From this place on a label stands so far from its point that a line leads there."""
Box: TypeAlias = tuple[float, float, float, float]


@dataclass
class Panel:
    """One plot with its axes; both may be logarithmic. Places in pixels of the picture."""

    left: float
    top: float
    width: float
    height: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    title: str
    x_title: str
    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[tuple[float, str]]
    x_log: bool = True
    y_log: bool = True
    parts: list[str] = field(default_factory=list)
    taken: list[Box] = field(default_factory=list)

    def __post_init__(self) -> None:
        right, bottom = self.left + self.width, self.top + self.height
        self._text(self.left, self.top - 10, self.title, "head")
        self._text(right, bottom + 34, self.x_title, "dim end")
        for value, words in self.x_ticks:
            x = self.x(value)
            self.parts.append(f'<path class="grid" d="M{x:.1f} {self.top:.1f}V{bottom:.1f}"/>')
            self._text(x, bottom + 16, words, "dim middle")
        for value, words in self.y_ticks:
            y = self.y(value)
            self.parts.append(f'<path class="grid" d="M{self.left:.1f} {y:.1f}H{right:.1f}"/>')
            self._text(self.left - 6, y + 4, words, "dim end")

    def x(self, value: float) -> float:
        """Where a value stands."""
        return self.left + self.width * _share(value, self.x_range, self.x_log)

    def y(self, value: float) -> float:
        """Where a value stands."""
        return self.top + self.height * (1 - _share(value, self.y_range, self.y_log))

    def mark(self, x: float, y: float, *, ours: bool) -> None:
        """A point: ours a filled square, another's a ring. Labels keep clear of it."""
        at_x, at_y = self.x(x), self.y(y)
        self.parts.append(
            f'<rect class="ours" x="{at_x - 5:.1f}" y="{at_y - 5:.1f}" width="10" height="10"/>' if ours
            else f'<circle class="peer" cx="{at_x:.1f}" cy="{at_y:.1f}" r="5"/>'
        )  # fmt: skip
        self.taken.append((at_x - 6, at_y - 6, at_x + 6, at_y + 6))

    def label(self, x: float, y: float, words: str, *, ours: bool) -> None:
        """A name beside a point, where nothing else stands."""
        at_x, at_y, long = self.x(x), self.y(y), (BOLD if ours else CHARACTER) * len(words)
        places = [
            (at_x + dx if dx > 0 else at_x + dx - long if dx < 0 else at_x - long / 2, at_y + dy)
            for far in range(0, 60, 12)
            for dx, dy in ((10 + far, 4 + far), (10 + far, 4 - far), (-10 - far, 4 + far), (-10 - far, 4 - far),
                           (0, 19 + far), (0, -10 - far))
        ]  # fmt: skip
        boxes = [(px - 2, py - 12, px + long, py + 4) for px, py in places]
        n = next((n for n, box in enumerate(boxes) if self._free(box)), 0)
        self.taken.append(boxes[n])
        to_x, to_y = places[n]
        if n >= FAR:
            near = to_x - 3 if to_x > at_x else min(to_x + long + 3, at_x)
            self.parts.append(f'<path class="lead" d="M{at_x:.1f} {at_y:.1f}L{near:.1f} {to_y - 4:.1f}"/>')
        self._text(to_x, to_y, words, "ours" if ours else "")

    def line(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """A line through points."""
        d = "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)
        self.parts.append(f'<path class="line {kind}" d="M{d}"/>')

    def bound(self, x: float, words: str) -> None:
        """A limit that nothing passes."""
        at = self.x(x)
        self.parts.append(f'<path class="bound" d="M{at:.1f} {self.top:.1f}V{self.top + self.height:.1f}"/>')
        self._text(at + 5, self.top + self.height - 6, words, "dim")

    def _free(self, box: Box) -> bool:
        """Whether nothing stands there, and it is in the panel."""
        inside = self.left < box[0] and box[2] < self.left + self.width + 8
        upright = self.top < box[1] and box[3] < self.top + self.height
        return inside and upright and not any(_meet(box, one) for one in self.taken)

    def _text(self, x: float, y: float, words: str, kind: str) -> None:
        self.parts.append(f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>')


def engines(result: dict[str, Any]) -> str:
    """Bytes a phone and look-ups a second: batches, and one by one."""
    every = result["engines"]
    far = max(one["bytes"] for one in every)
    sides: tuple[tuple[str, Callable[[Any], float]], ...] = (
        ("Batch of many, look-ups a second, one thread", lambda one: one["batch_m"] * 1e6),
        ("One by one from Python, look-ups a second", lambda one: 1e9 / one["single_ns"]),
    )
    panels = []
    for place, (title, of) in enumerate(sides):
        shown = [one for one in every if not (place and one["batch_only"])]
        found = [of(one) for one in shown]
        low, high = 10 ** floor(log10(min(found))), 10 ** ceil(log10(max(found) * 1.05))
        panel = Panel(
            left=64, top=44 + 430 * place, width=760, height=330, x_range=(0.8, 10 ** ceil(log10(far * 1.05))),
            y_range=(low, high), title=title, x_title="bytes a phone (logarithmic)", x_ticks=_decades(1, far * 10),
            y_ticks=_decades(low, high),
        )  # fmt: skip
        panel.bound(result["bound"], "entropy bound")
        for one in shown:
            panel.mark(one["bytes"], of(one), ours=one["engine"].startswith("shirorom"))
        for one in shown:
            panel.label(one["bytes"], of(one), one["short"], ours=one["engine"].startswith("shirorom"))
        panels.append(panel)
    return _picture(860, 890, "Bytes a phone and look-ups a second of all engines", panels)


def growth(points: Sequence[dict[str, Any]]) -> str:
    """Four figures over the number of phones; the fast layout as a whole line, the compact one dashed."""
    figures = (
        ("Bytes a phone", "bytes"), ("Batch, million look-ups a second, one thread", "batch_m"),
        ("One phone, µs", "single_us"), ("Opened and checked, s", "opened_s"),
    )  # fmt: skip
    sizes = sorted({one["phones"] for one in points})
    panels = []
    for place, (title, name) in enumerate(figures):
        high = max(one[name] for one in points) * 1.15
        step = 10 ** floor(log10(high))
        step = step if high / step >= 3 else step / 2 if high / step >= 1.5 else step / 5
        ticks = [(step * n, f"{step * n:.3g}") for n in range(int(high / step) + 1)]
        panel = Panel(
            left=52 + 430 * (place % 2), top=44 + 290 * (place // 2), width=330, height=190,
            x_range=(sizes[0] / 1.6, sizes[-1] * 6), y_range=(0, high), y_log=False, title=title,
            x_title="phones (logarithmic)", x_ticks=[(n, _phones(n)) for n in sizes], y_ticks=ticks,
        )  # fmt: skip
        for layout, kind in (("fast", ""), ("compact", "second")):
            mine = sorted((one["phones"], one[name]) for one in points if one["layout"] == layout)
            panel.line(mine, f"ours {kind}")
            for x, y in mine:
                panel.mark(x, y, ours=True)
            if mine:
                panel.label(*mine[-1], layout, ours=True)
        panels.append(panel)
    return _picture(860, 600, "The register as it grows", panels)


def _picture(width: int, height: int, title: str, panels: Sequence[Panel]) -> str:
    body = "\n".join("\n".join(panel.parts) for panel in panels)
    named = f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {named}>\n<title>{escape(title)}</title>\n<style>{STYLE}</style>\n'
        f'<rect class="ground" width="{width}" height="{height}"/>\n{body}\n</svg>\n'
    )


def _share(value: float, bounds: tuple[float, float], logarithmic: bool) -> float:
    low, high = bounds
    return log10(value / low) / log10(high / low) if logarithmic else (value - low) / (high - low)


def _decades(low: float, high: float) -> list[tuple[float, str]]:
    return [(10.0**n, _short(10.0**n)) for n in range(round(log10(low)), floor(log10(high)) + 1)]


def _short(value: float) -> str:
    return f"{value / 1e6:g} M" if value >= 1e6 else f"{value / 1e3:g} k" if value >= 1e3 else f"{value:g}"


def _phones(count: int) -> str:
    return f"{count / 1e6:.0f} M" if count >= 1e6 else f"{count:,}"


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
