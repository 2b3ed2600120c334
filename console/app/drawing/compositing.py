"""Which widget is seen where, so that a frame renders the lines that changed and no others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class _Line(NamedTuple):
    """What is seen of a widget in one line of the screen: where its strip is divided, in cells of its own, and of the
    parts those that nothing covers, by number and by where they start on the screen."""

    y: int
    cuts: tuple[int, ...]
    seen: tuple[tuple[int, int], ...]


class _Seen(NamedTuple):
    """A widget that is seen: where it stands, the part of it that its container lets through, and its lines."""

    widget: Widget
    region: Region
    shown: Region
    lines: Sequence[_Line]


class LeanCompositor(Compositor):
    """Textual's compositor, with a shorter way to the same picture.

    For each frame Textual renders all lines of every widget whose container touches the box around all that changed,
    containers that lie behind included, and throws nearly all of it away: a head line and a status line that change
    cost a whole screen. Which widget is seen in which cells changes with the layout alone: so it is worked out once
    for each layout, and a frame renders the lines that changed of the widgets that are seen in them.
    """

    _seen: Sequence[_Seen] = ()
    _seen_with: object = None

    def _render_chops(self, crop: Region, is_rendered_line: Callable[[int], bool]) -> Sequence[Mapping[int, Strip]]:
        chops: list[dict[int, Strip | None]] = [dict.fromkeys(cuts[:-1]) for cuts in self.cuts]
        for widget, region, shown, lines in self._what_is_seen():
            if not crop.overlaps(shown):
                continue
            for run in _runs([line for line in lines if is_rendered_line(line.y)]):
                part = Region(shown.x - region.x, run[0].y - region.y, shown.width, len(run))
                for (y, cuts, seen), strip in zip(run, widget.render_lines(part), strict=False):
                    # A strip divided into nothing but itself would hold itself: garbage that waits for a collection.
                    parts = strip.divide(cuts) if strip.cell_length > cuts[0] else (strip,)
                    for number, x in seen:
                        if number < len(parts):
                            chops[y][x] = parts[number]
        return chops  # type: ignore[return-value]  # as Textual's own: what nobody paints stays None and is passed over

    def _what_is_seen(self) -> Sequence[_Seen]:
        """Front to back."""
        cuts = self.cuts  # another list after each layout
        if self._seen_with is not cuts:
            self._seen_with = cuts
            self._seen = []
            free = [set(each) for each in cuts]
            for widget, (region, clip) in self.visible_widgets.items():
                shown = region.intersection(clip)
                if lines := list(_lines(shown, cuts, free)):
                    self._seen.append(_Seen(widget, region, shown, lines))
        return self._seen


def _lines(shown: Region, cuts: Sequence[Sequence[int]], free: Sequence[set[int]]) -> Iterator[_Line]:
    """The lines in which some of a widget is seen. What it shows is not ``free`` any more."""
    left, right = shown.column_span
    for y in shown.line_range:
        own = [cut for cut in cuts[y] if left <= cut <= right]
        if seen := tuple((number, cut) for number, cut in enumerate(own[:-1]) if cut in free[y]):
            free[y].difference_update(own[:-1])
            yield _Line(y, tuple(cut - left for cut in own[1:]), seen)


def _runs(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    """Lines that follow each other, together."""
    for _, run in groupby(enumerate(lines), lambda numbered: numbered[1].y - numbered[0]):
        yield [line for _, line in run]
