"""Axes that must not depend on what was drawn in their place before."""

from __future__ import annotations

from dash_app.figures.ranked import horizontal_bars, top_down
from engine.model.colours import Paint


def test_the_first_name_stands_on_top_by_a_range_that_is_written_out() -> None:
    axis = top_down(["first", "second", "third"])
    assert axis["range"] == [2.5, -0.5]
    assert "autorange" not in axis


def test_horizontal_bars_have_room_for_each_of_their_names() -> None:
    figure = horizontal_bars(
        ["a", "b"], [2, 1], paints=[Paint("red")] * 2, texts=["2", "1"], hovers=["", ""], unit="sites"
    )
    assert figure["layout"]["yaxis"]["range"] == [1.5, -0.5]
