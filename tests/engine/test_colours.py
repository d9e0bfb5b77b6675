"""Everybody can distinguish the colours of the palette, and a name keeps its colour."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import combinations, pairwise
from pathlib import Path

import pytest

import dash_app
from engine.model.colours import DASHES, FIXED, NO_PLACES, NULL, OTHER, PALETTE, PATTERNS, ColourPlaces, Paint
from tests.colour_vision import contrast, difference, least_difference, seen_by

CSS = (Path(dash_app.__file__).parent / "frontend" / "styles" / "shell.css").read_text()
GROUNDS = [("#fff" + "fff") if ground == "#fff" else ground for ground in re.findall("--panel: (#\\w+)", CSS)]
BOOTSTRAP_DARK = "#212529"
LEAST_DIFFERENCE, LEAST_CONTRAST = 10.0, 3.0
ALL = (*PALETTE, OTHER, NULL)


@pytest.mark.parametrize(
    ("first", "second", "published"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (61, -5, 29), 22.8977),
        ((50, 2.5, 0), (58, 24, 15), 19.4535),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.263),
        ((35.0831, -44.1164, 3.7933), (35.0232, -40.0716, 1.5901), 1.8645),
        ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
        ((36.4612, 47.858, 18.3852), (36.2715, 50.5065, 21.2231), 1.4146),
        ((90.8027, -2.0831, 1.441), (91.1528, -1.6435, 0.0447), 1.4441),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_measure_of_difference_gives_the_published_values(
    first: tuple[float, float, float], second: tuple[float, float, float], published: float
) -> None:
    assert round(difference(first, second), 4) == published
    assert round(difference(second, first), 4) == published


def test_the_measures_know_white_and_black() -> None:
    assert seen_by("#ffffff", "common") == pytest.approx((100, 0, 0), abs=0.02)
    assert seen_by("#ffffff", "protanopia") == pytest.approx((100, 0, 0), abs=0.02)
    assert contrast("#ffffff", "#000000") == pytest.approx(21)


def test_any_two_colours_of_the_palette_differ_for_every_sight() -> None:
    assert len(PALETTE) >= 12
    assert {pair: least_difference(*pair) for pair in combinations(ALL, 2)
            if least_difference(*pair) < LEAST_DIFFERENCE} == {}  # fmt: skip


@pytest.mark.parametrize("colours", FIXED.values(), ids=FIXED)
def test_words_that_stand_beside_each_other_differ_for_every_sight(
    colours: Mapping[str, str],
) -> None:
    assert all(least_difference(*pair) >= LEAST_DIFFERENCE for pair in pairwise(colours.values()))
    assert len(set(colours.values())) == len(colours) or "cost_usd" in colours
    assert set(colours.values()) <= set(ALL)


@pytest.mark.parametrize("ground", [*GROUNDS, BOOTSTRAP_DARK])
def test_every_colour_has_contrast_to_the_light_and_to_the_dark_ground(ground: str) -> None:
    assert len(GROUNDS) == 2
    assert {colour: contrast(colour, ground) for colour in ALL
            if contrast(colour, ground) < LEAST_CONTRAST} == {}  # fmt: skip


def test_the_style_sheet_marks_the_state_of_the_cache_in_colours_of_the_palette() -> None:
    marks = re.findall(r"(?:--key|\.bar-\w+ \{ background): (#\w{6})", CSS)
    assert len(marks) == 6
    assert set(marks) <= set(ALL)


def places(category: str, count: int) -> ColourPlaces:
    found = NO_PLACES
    for number in range(count):
        found = found.with_name(category, f"name {number}")
    return found


def names(count: int) -> list[str]:
    return [f"name {number}" for number in range(count)]


def test_a_category_without_words_of_the_schema_has_the_whole_palette() -> None:
    paints = places("model", 12).paints("model", names(12))
    assert paints == [Paint(colour) for colour in PALETTE]


def test_names_of_a_category_with_words_get_the_free_colours_first() -> None:
    known = places("channel", 12)
    paints = known.paints("channel", [*FIXED["channel"], *names(12)])
    free = len(PALETTE) - len(FIXED["channel"])
    assert len({paint.colour for paint in paints[: len(PALETTE)]}) == len(PALETTE)
    assert all(not paint.pattern for paint in paints[: len(PALETTE)])
    assert all(paint.pattern for paint in paints[5 + free :])


@pytest.mark.parametrize("category", FIXED)
def test_past_the_end_colours_repeat_and_patterns_differ(category: str) -> None:
    paints = places(category, 60).paints(category, [*FIXED[category], *names(60)])
    own = paints[len(FIXED[category]) :]
    assert len(set(own)) == 60
    assert not set(own) & set(paints[: len(FIXED[category])])
    assert len({(paint.colour, paint.dash) for paint in own}) == 60


def test_two_names_of_one_paint_differ_if_one_chart_shows_both() -> None:
    far = ColourPlaces({("model", "a"): 1, ("model", "b"): 1 + len(PALETTE) * len(PATTERNS)})
    assert far.paint("model", "a") == far.paint("model", "b")
    assert len(set(far.paints("model", ["a", "b"]))) == 2


def test_a_name_keeps_its_colour_whatever_else_is_shown() -> None:
    known = places("channel", 9)
    alone = [known.paint("channel", name) for name in names(9)]
    assert known.paints("channel", names(9)) == alone
    assert [known.paints("channel", [name])[0] for name in names(9)] == alone


def test_a_name_without_a_place_has_one_colour_on_every_page() -> None:
    assert NO_PLACES.paint("channel", "fax") == ColourPlaces().paint("channel", "fax")


def test_the_rest_and_what_is_unreadable_are_grey() -> None:
    assert [paint.colour for paint in NO_PLACES.paints("model", ["other (12)", None])] == [OTHER, NULL]


def test_every_chart_has_the_schemas_words_first_and_the_rest_last() -> None:
    known = places("channel", 3)
    mixed = ["name 2", None, "x", "other (4)", "name 0", "email", "name 1"]
    assert known.in_order("channel", mixed) == [
        "email", "x", "name 0", "name 1", "name 2", "other (4)", None,
    ]  # fmt: skip


def test_there_is_a_dash_for_each_pattern() -> None:
    assert len(set(DASHES)) == len(set(PATTERNS)) == len(DASHES) == len(PATTERNS)
