"""What the file of a rollup may declare, and the error of each mistake in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.catalogue.rollups import Rollup, load_rollups, rollups
from engine.model.errors import DatasetFileError

AGGREGATE = """/*
row = "the calls of one stage"
kind = "aggregate"
reads = ["llm_usage.stage", "llm_usage.called_at"]
count = "calls"
time = "called_at"
*/
select quarter(called_at) as called_at, stage from llm_usage
"""
PER_KEY = """/*
row = "one outreach with a message"
kind = "per_key"
reads = ["outreaches.outreach_id", "conversations.outreach_id"]
key = "outreach_id"
*/
select outreach_id, count(*) as messages from conversations join outreaches using (outreach_id) group by all
"""
PER_ROW = """/*
row = "one site with an error"
kind = "per_row"
reads = ["sites.error_message"]
*/
select source_rowid, error_message from sites where error_message is not null
"""


def load(folder: Path, text: str) -> Rollup:
    (folder / "made.sql").write_text(text, encoding="utf-8")
    return load_rollups(folder)["made"]


@pytest.mark.parametrize("name", sorted(rollups()))
def test_a_rollup_of_the_product_reads_no_rollup(name: str) -> None:
    assert not set(rollups()[name].tables) & set(rollups())


def test_an_aggregate_names_its_table_its_columns_and_its_time(tmp_path: Path) -> None:
    rollup = load(tmp_path, AGGREGATE)
    assert (rollup.tables, rollup.columns_of("llm_usage"), rollup.time) == (
        ("llm_usage",),
        ("stage", "called_at"),
        "called_at",
    )


def test_an_aggregate_read_to_the_instant_keeps_no_quarters(tmp_path: Path) -> None:
    assert load(tmp_path, AGGREGATE).sql_by_instant == "select called_at as called_at, stage from llm_usage"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (AGGREGATE.replace('"aggregate"', '"agregate"'), "unknown kind 'agregate'; did you mean 'aggregate'"),
        (AGGREGATE.replace('count = "calls"\n', ""), "'count' is missing"),
        (AGGREGATE.replace('count = "calls"', 'count = "calls"\nkey = "stage"'), "unknown header key 'key'"),
        (AGGREGATE.replace("llm_usage.stage", "llm_usage.stag"), "unknown column 'llm_usage.stag'"),
        (AGGREGATE.replace("llm_usage.stage", "sites.stage"), "is made of one table"),
        (AGGREGATE.replace("quarter(called_at)", "called_at"), "it keeps no quarter of called_at"),
        (AGGREGATE.replace('["llm_usage.stage", "llm_usage.called_at"]', '"llm_usage.stage"'), "not a list"),
        (PER_KEY.replace('"outreaches.outreach_id"', '"outreaches.channel"'), "outreaches.outreach_id"),
        (PER_ROW.replace("source_rowid, ", ""), "select source_rowid"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(DatasetFileError) as caught:
        load(tmp_path, text)
    assert told in str(caught.value)


def test_the_files_that_the_mistakes_are_made_in_are_right(tmp_path: Path) -> None:
    for text in (AGGREGATE, PER_KEY, PER_ROW):
        load(tmp_path, text)
