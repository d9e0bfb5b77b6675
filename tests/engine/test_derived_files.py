"""What a file of a derived table may say, and what it is told where it says it wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.catalogue.rollups import DerivedTable, derived_tables, load_derived_tables
from engine.model.errors import DatasetFileError

TALLY = """/*
row = "the calls of one stage"
kind = "tally"
reads = ["llm_usage.stage", "llm_usage.called_at"]
count = "calls"
time = "called_at"
*/
select quarter(called_at) as called_at, stage from llm_usage
"""
KEYED = """/*
row = "one outreach with a message"
kind = "keyed"
reads = ["outreaches.outreach_id", "conversations.outreach_id"]
key = "outreach_id"
*/
select outreach_id, count(*) as messages from conversations join outreaches using (outreach_id) group by all
"""
ROWS = """/*
row = "one site with an error"
kind = "rows"
reads = ["sites.error_message"]
*/
select source_rowid, error_message from sites where error_message is not null
"""


def load(folder: Path, text: str) -> DerivedTable:
    (folder / "made.sql").write_text(text, encoding="utf-8")
    return load_derived_tables(folder)["made"]


@pytest.mark.parametrize("name", sorted(derived_tables()))
def test_a_table_of_the_product_reads_no_derived_table(name: str) -> None:
    assert not set(derived_tables()[name].tables) & set(derived_tables())


def test_a_tally_names_its_table_its_columns_and_its_time(tmp_path: Path) -> None:
    tally = load(tmp_path, TALLY)
    assert (tally.tables, tally.columns_of("llm_usage"), tally.time) == (
        ("llm_usage",),
        ("stage", "called_at"),
        "called_at",
    )


def test_a_tally_read_to_the_instant_keeps_no_quarters(tmp_path: Path) -> None:
    assert load(tmp_path, TALLY).sql_by_instant == "select called_at as called_at, stage from llm_usage"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TALLY.replace('"tally"', '"taly"'), "unknown kind 'taly'"),
        (TALLY.replace('count = "calls"\n', ""), "'count' is missing"),
        (TALLY.replace('count = "calls"', 'count = "calls"\nkey = "stage"'), "unknown header key 'key'"),
        (TALLY.replace("llm_usage.stage", "llm_usage.stag"), "unknown column 'llm_usage.stag'"),
        (TALLY.replace("llm_usage.stage", "sites.stage"), "is made of one table"),
        (TALLY.replace("quarter(called_at)", "called_at"), "it keeps no quarter of called_at"),
        (TALLY.replace('["llm_usage.stage", "llm_usage.called_at"]', '"llm_usage.stage"'), "not a list"),
        (KEYED.replace('"outreaches.outreach_id"', '"outreaches.channel"'), "outreaches.outreach_id"),
        (ROWS.replace("source_rowid, ", ""), "select source_rowid"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(DatasetFileError) as caught:
        load(tmp_path, text)
    assert told in str(caught.value)


def test_the_files_that_the_mistakes_are_made_in_are_right(tmp_path: Path) -> None:
    for text in (TALLY, KEYED, ROWS):
        load(tmp_path, text)
