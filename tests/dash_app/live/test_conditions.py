"""The conditions that the status pill shows: their order, their words, and who reads their causes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dash_app.live.conditions import WORDS, Kind, condition, worst_first

AT = datetime(2026, 11, 26, 19, 33, tzinfo=UTC)


@pytest.mark.parametrize("kind", Kind)
def test_every_condition_has_a_label_an_effect_and_a_remedy(kind: Kind) -> None:
    shown = condition(kind, "a line").as_json(sees_contacts=True)
    assert shown == {
        "kind": kind.value, "text": "a line", "since": None, "tone": WORDS[kind].tone,
        "label": WORDS[kind].label, "effect": WORDS[kind].effect, "remedy": WORDS[kind].remedy,
    }  # fmt: skip
    assert shown["tone"] in ("bad", "warn")
    assert shown["label"] and shown["effect"] and shown["remedy"]


def test_the_worst_condition_comes_first() -> None:
    found = [condition(kind, "a line") for kind in reversed(Kind)]
    assert [one.kind for one in worst_first(found)] == [
        Kind.UNREADABLE, Kind.CLOCK, Kind.FAILED, Kind.LATE, Kind.QUIET, Kind.OPEN, Kind.ZONE,
    ]  # fmt: skip


def test_a_label_of_its_own_stands_in_place_of_that_of_the_kind() -> None:
    shown = condition(Kind.QUIET, "No activity for 21 min (usually 14)", AT, "No activity for 21 min")
    assert shown.as_json(sees_contacts=True)["label"] == "No activity for 21 min"
    assert shown.as_json(sees_contacts=True)["since"] == "2026-11-26T19:33:00Z"


def test_a_remedy_of_its_own_stands_in_place_of_that_of_the_kind() -> None:
    shown = condition(Kind.LATE, "a line", remedy="Start a worker.").as_json(sees_contacts=True)
    assert (shown["remedy"], shown["effect"]) == ("Start a worker.", WORDS[Kind.LATE].effect)


def test_who_may_not_see_contacts_reads_that_a_run_failed_and_not_why() -> None:
    failed = condition(Kind.FAILED, "The run of 19:33 failed: no such mailbox jane@example.org", AT)
    assert "jane@example.org" in failed.as_json(sees_contacts=True)["text"]
    assert failed.as_json(sees_contacts=False)["text"] == "The run of 19:33 failed"


def test_a_line_names_files_without_their_folders_and_is_plain() -> None:
    shown = condition(Kind.UNREADABLE, "/srv/secret/sites.db: no\u202e such file")
    assert shown.text == "sites.db: no such file"
