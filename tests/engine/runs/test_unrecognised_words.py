"""Each run counts the words that the source's schema does not know, and drops none of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.catalogue.doubts import concerning
from engine.model.values.quality import UnreadableCount, UnrecognisedCount
from engine.runs import Runner
from engine.store.quality import unreadable_values, unrecognised_values
from tests.engine.source_database import execute, execute_script, run_request

ANY = "excluded_sites_count"
"""A run reads all tables, whichever datasets it computes."""
OWN_WORDS = """
insert into sites (domain, status) values ('a', 'contacted'), ('b', ' Contacted '), ('c', 'found');
insert into cron_jobs (name, task_key, interval_value, interval_unit) values ('j', 'j', 1, 'hour');
insert into cron_job_logs (job_name, status, started_at) values ('j', 'error', '2026-11-23 15:00:00');
insert into conversations (outreach_id, direction, channel, sentiment) values
    (1, 'in', 'pigeon', 'positive'), (1, 'inbound', 'email', ''), (1, 'inbound', 'email', 'angry');
insert into outreaches (site_id, contact_method, status) values (1, 'pigeon', 'queued'), (1, 'email', 'sent');
insert into site_status (site_id, status) values (1, ''), (1, x'00'), (1, 'scored');
insert into llm_usage (stage, provider, model) values ('anything', 'goes', 'here');
"""


def test_unknown_words_are_counted_by_table_column_and_word(runner: Runner, source: Path) -> None:
    execute_script(source, OWN_WORDS)
    runner.run(run_request())
    assert unrecognised_values(source) == (
        UnrecognisedCount("conversations", "direction", "in", 1),
        UnrecognisedCount("conversations", "sentiment", "angry", 1),
        UnrecognisedCount("cron_job_logs", "status", "error", 1),
        UnrecognisedCount("cron_jobs", "interval_unit", "hour", 1),
        UnrecognisedCount("outreaches", "status", "queued", 1),
        UnrecognisedCount("site_status", "status", "", 1),
        UnrecognisedCount("sites", "status", "contacted", 2),
    )


def test_the_counts_follow_rows_that_come_change_and_go(runner: Runner, source: Path) -> None:
    execute_script(source, OWN_WORDS)
    runner.run(run_request(ANY))
    execute(
        source, "update sites set status = 'scored', updated_at = '2026-11-23 19:59:00' where domain = 'a'"
    )
    execute(source, "insert into sites (domain, status) values ('d', 'lost'), ('e', 'lost'), ('f', 'scored')")
    execute(source, "delete from cron_job_logs where status = 'error'")
    runner.run(run_request(ANY))
    counts = {(count.table, count.word): count.values for count in unrecognised_values(source)}
    assert (counts["sites", "contacted"], counts["sites", "lost"]) == (1, 2)
    assert ("cron_job_logs", "error") not in counts


def test_the_twenty_most_frequent_words_of_a_column_are_kept(runner: Runner, source: Path) -> None:
    words = [(f"word {number:03}",) for number in range(150) for _ in range(2 if number > 137 else 1)]
    execute(source, "insert into sites (domain, status) values ('a', ?)", *words)
    runner.run(run_request(ANY))
    # A rare word becomes the most frequent: it was among those that were not kept.
    execute(source, "insert into sites (domain, status) values ('b', 'word 120')", *[()] * 3)
    runner.run(run_request(ANY))
    shown = [(count.word, count.values) for count in unrecognised_values(source)]
    twice = [(f"word {number}", 2) for number in range(138, 150)]
    assert shown == [("word 120", 4), *twice, *[(f"word {number:03}", 1) for number in range(7)]]


def test_words_are_cut_and_hold_no_control_characters(runner: Runner, source: Path) -> None:
    execute(
        source,
        "insert into sites (domain, status) values ('a', ?)",
        ("lo\u200bst\x1b[2J\n\nagain",),
        ("x" * 99,),
    )
    runner.run(run_request(ANY))
    assert [count.word for count in unrecognised_values(source)] == ["lost[2j again", "x" * 60]


def test_a_run_of_some_datasets_counts_the_words_of_all_tables_it_reads(runner: Runner, source: Path) -> None:
    runner.run(run_request(ANY))
    execute_script(source, OWN_WORDS)
    runner.run(run_request(ANY))
    assert [count.word for count in unrecognised_values(source) if count.table == "sites"] == ["contacted"]
    execute(source, "drop table sites")
    runner.run(run_request())
    assert not [count for count in unrecognised_values(source) if count.table == "sites"]


@pytest.mark.parametrize(
    ("dataset", "concerned"),
    [
        ("stage_flow", [("site_status", "status"), ("sites", "status")]),
        ("cron_timeline_24h", [("cron_job_logs", "status")]),
        ("job_health", [("cron_job_logs", "status"), ("cron_jobs", "interval_unit")]),
        ("llm_daily_costs_30d", []),
        ("database_health", []),
    ],
)
def test_a_dataset_has_the_words_of_the_columns_it_reads(
    runner: Runner, source: Path, dataset: str, concerned: list[tuple[str, str]]
) -> None:
    execute_script(source, OWN_WORDS)
    runner.run(run_request(ANY))
    found = concerning(catalogue()[dataset], unrecognised_values(source))
    assert [(count.table, count.column) for count in found] == concerned


def test_an_unreadable_count_knows_how_many_rows_its_table_has(runner: Runner, source: Path) -> None:
    execute(
        source,
        "insert into sites (domain, status, created_at) values ('a', ?, ?)",
        (b"x", "soon"),
        ("found", None),
    )
    runner.run(run_request(ANY))
    counts = unreadable_values(source)
    assert counts == (UnreadableCount("sites", "created_at", 1, 2), UnreadableCount("sites", "status", 1, 2))
    assert [count.share for count in counts] == [0.5, 0.5]
    assert concerning(catalogue()["excluded_sites_count"], counts) == counts[1:]
    # The newest write is looked for in every column of stamps.
    assert concerning(catalogue()["database_health"], counts) == counts[:1]
