"""The ``[rows]`` of a dataset's header: what it declares, and the error of each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.catalogue.counted_rows import CountedRows
from engine.model.catalogue.dataset_file import parse_dataset
from engine.model.catalogue.datasets import METRIC, Dataset
from engine.model.catalogue.sqlfile import read_sql_file
from engine.model.catalogue.staging import staging
from engine.model.errors import DatasetFileError

HEADER = """\
title = "Sites by stage"
page = "pipeline"
row = "one stage"
reads = ["sites.stage"]
[columns]
stage = { type = "text" }
sites = { type = "integer" }
cost_usd = { type = "number" }
rate = { type = "number" }
"""
SITES = "[rows.sites]\ntable = 'sites'\nwhere = 'stage is not distinct from $stage'\n"
COST = "[rows.cost_usd]\ntable = 'llm_usage'\nsum = 'cost_usd'\n"
RATE = "[rows.rate]\nsame_as = 'sites'\n"
BY_SOURCE = (
    "[[rows.sites]]\nwhen = { stage = ['found', 'scored'] }\ntable = 'sites'\n"
    "[[rows.sites]]\nwhen = { stage = 'email' }\ntable = 'outreaches'\n"
    "select = 'select max(source_rowid) as source_rowid from outreaches where channel = $stage'\n"
)


def dataset_of(folder: Path, sections: str, above: str = "") -> Dataset:
    path = folder / "stages.sql"
    path.write_text(f"/*\n{above}{HEADER}{sections}*/\nselect 1")
    return parse_dataset(read_sql_file(path), METRIC, staging())


def rows_of(folder: Path, sections: str) -> CountedRows:
    return dataset_of(folder, sections).rows["sites"]


def test_a_condition_becomes_the_query_of_the_ids_of_its_rows(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, SITES)
    (choice,) = rows.choices
    assert rows.cells == ("stage",)
    assert choice.table == "sites"
    assert choice.sql == "select source_rowid from sites where stage is not distinct from $stage"
    assert choice.is_count


def test_a_section_without_a_condition_means_all_rows_of_its_table(tmp_path: Path) -> None:
    rows = dataset_of(tmp_path, COST).rows["cost_usd"]
    (choice,) = rows.choices
    assert (rows.cells, choice.sql, choice.sums) == ((), "select source_rowid from llm_usage", ("cost_usd",))
    assert not choice.is_count


def test_a_rate_has_the_rows_of_the_column_that_it_names_and_not_their_number(tmp_path: Path) -> None:
    rows = dataset_of(tmp_path, RATE + SITES).rows
    assert rows["rate"].choices[0].sql == rows["sites"].choices[0].sql
    assert rows["rate"].cells == rows["sites"].cells
    assert [choice.is_count for choice in rows["rate"].choices] == [False]


def test_a_sum_may_have_the_rows_of_another_column(tmp_path: Path) -> None:
    calls = "[rows.sites]\ntable = 'llm_usage'\nwhere = 'stage = $stage'\n"
    rows = dataset_of(tmp_path, calls + "[rows.rate]\nsame_as = 'sites'\nsum = 'cost_usd'\n").rows
    assert rows["rate"].choices[0].sql == rows["sites"].choices[0].sql
    assert [(choice.is_count, choice.sums) for choice in rows["rate"].choices] == [(False, ("cost_usd",))]


def test_the_table_of_a_column_may_depend_on_a_cell(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, BY_SOURCE)
    tables = {
        cell: choice and choice.table
        for cell in ("found", "email", "other", None)
        for choice in [rows.of({"stage": cell})]
    }
    assert tables == {"found": "sites", "email": "outreaches", "other": None, None: None}
    assert rows.cells == ("stage",)


SHARED = "with own as (select source_rowid from sites where stage = $stage)"
SELECTS = """
[rows.sites]
table = 'sites'
select = 'select source_rowid from own'
[rows.rate]
table = 'sites'
select = 'with own as (select 1) select source_rowid from sites'
counted = false
"""


def test_a_with_that_selects_share_stands_before_those_without_their_own(tmp_path: Path) -> None:
    rows = dataset_of(tmp_path, SELECTS, above=f'rows_with = "{SHARED}"\n').rows
    assert rows["sites"].choices[0].sql == f"{SHARED}\nselect source_rowid from own"
    assert rows["sites"].cells == ("stage",)
    assert rows["rate"].choices[0].sql == "with own as (select 1) select source_rowid from sites"


def test_a_shared_with_that_no_select_takes_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(DatasetFileError, match="rows_with stands before no select; leave it out"):
        dataset_of(tmp_path, SITES, above=f'rows_with = "{SHARED}"\n')


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (SITES.replace("rows.sites", "rows.site"), "rows.site is of no column; did you mean 'sites'?"),
        (SITES.replace("table = 'sites'\n", ""), "rows.sites has no table; add table ="),
        (
            SITES.replace("'sites'", "'site'"),
            "rows.sites names the unknown table 'site'; did you mean 'sites'?",
        ),
        (SITES.replace("table =", "tabel ="), "unknown key 'tabel' of rows.sites; did you mean 'table'?"),
        (SITES.replace("'stage is", "'stag is"), "rows.sites names the column 'stag'; did you mean 'stage'?"),
        (SITES.replace("$stage", "$stag"), "rows.sites names the cell $stag; did you mean 'stage'?"),
        (SITES.replace("stage is", "stage is is"), "rows.sites is no condition"),
        (SITES.replace("where", "select"), "rows.sites is no query"),
        (
            SITES.replace(
                "where = 'stage is not distinct from $stage'", "select = 'select stage from sites'"
            ),
            "rows.sites selects no ids; select source_rowid and nothing else",
        ),
        (SITES + "select = 'select 1'\n", "rows.sites has both where and select; keep one of them"),
        (SITES + "counted = 1\n", "rows.sites.counted = 1; write counted = false"),
        (
            COST.replace("'cost_usd'", "'cost'"),
            "rows.cost_usd sums the column 'cost' of llm_usage; did you mean 'cost_usd'?",
        ),
        (COST.replace("'cost_usd'", "'model'"), "rows.cost_usd sums the column 'model' of llm_usage"),
        (COST.replace("'cost_usd'", "5"), "rows.cost_usd.sum = 5 is no list"),
        (COST + "counted = false\n", "rows.cost_usd has sum and counted = false; keep one of them"),
        (RATE, "rows.rate.same_as names 'sites', which declares no rows"),
        (SITES + RATE + "table = 'sites'\n", "rows.rate has same_as and more; keep same_as, and sum"),
        (SITES + RATE + "sum = 'cost_usd'\n", "rows.rate sums the column 'cost_usd' of sites"),
        (BY_SOURCE.replace("stage =", "stag ="), "rows.sites names the cell 'stag' in when; did you mean"),
        (
            BY_SOURCE.replace("when = { stage = 'email' }\n", ""),
            "rows.sites has several sections; add when = { column",
        ),
        (BY_SOURCE.replace("{ stage = 'email' }", "'email'"), "rows.sites.when is not a table of cells"),
        ("[rows]\nsites = 'sites'\n", "rows.sites is not a section; write [rows.sites]"),
        ("[rows]\nsites = []\n", "rows.sites is not a section; write [rows.sites]"),
    ],
)
def test_a_mistake_in_a_section_is_reported_with_file_and_remedy(
    tmp_path: Path, sections: str, message: str
) -> None:
    with pytest.raises(DatasetFileError) as failure:
        dataset_of(tmp_path, sections)
    assert "stages.sql: " in str(failure.value)
    assert message in str(failure.value)
