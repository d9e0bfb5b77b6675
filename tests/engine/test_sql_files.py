"""SQL files with a header: the error of a mistake names the file, the key and the nearest name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.model.catalogue.dataset_file import parse_dataset
from engine.model.catalogue.datasets import CHART, METRIC, Dataset, catalogue, reports, select_datasets
from engine.model.catalogue.rows import rows_tables
from engine.model.catalogue.sqlfile import SQL_DIR, SqlFile, read_folder, read_sql_file
from engine.model.catalogue.staging import StagedTable, parse_staged_table, staging
from engine.model.errors import DashboardError, DatasetFileError

HEADER = """\
title = "Sites by stage"
page = "pipeline"
row = "one stage"
reads = ["sites.stage"]
[columns]
stage = { type = "text" }
sites = { type = "integer", unit = "sites" }
"""
SELECT = "select stage, count(*) as sites from sites group by stage order by stage"
STAGED = "select\n    read_integer(id) as site_id,\n    read_label(status) as stage\nfrom source.sites\n"
STAGED_HEADER = 'row = "one website"\nkey = "site_id"\nsync = "append"\n'

Write = Callable[[str], SqlFile]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(text: str) -> SqlFile:
        path = tmp_path / "stages.sql"
        path.write_text(text)
        return read_sql_file(path)

    return write_file


def dataset_of(write: Write, old: str = "", new: str = "") -> Dataset:
    assert old in HEADER
    return parse_dataset(write(f"/*\n{HEADER.replace(old, new, 1)}*/\n{SELECT}"), METRIC, staging())


def staged_table_of(write: Write, old: str = "", new: str = "", header: str = STAGED_HEADER) -> StagedTable:
    assert old in STAGED
    return parse_staged_table(write(f"/*\n{header}*/\n{STAGED.replace(old, new, 1)}"))


def test_a_dataset_file_gives_its_declaration_and_its_sql(write: Write) -> None:
    dataset = dataset_of(write)
    assert dataset.key == "pipeline/stages"
    assert dataset.ttl_minutes == 15
    assert dataset.sql == SELECT
    assert [(column.name, column.type, column.unit) for column in dataset.columns] == [
        ("stage", "text", None),
        ("sites", "integer", "sites"),
    ]
    assert dataset.tables == ("sites",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title =", "titel =", "unknown header key 'titel'; did you mean 'title'?"),
        ('page = "pipeline"\n', "", "header key 'page' is missing; add page = …"),
        ('"pipeline"', "5", "page is not a text"),
        ('"pipeline"', '" "', "page is not a text"),
        ("sites.stage", "sites.stag", "unknown column 'sites.stag'; did you mean 'sites.stage'?"),
        ("sites.stage", "site.stage", "unknown column 'site.stage'; did you mean 'sites.stage'?"),
        ('["sites.stage"]', '"sites.stage"', "reads is not a list of columns"),
        ('"text"', '"txt"', "column 'stage' has the type 'txt'; did you mean 'text'?"),
        ("unit =", "units =", "unknown key 'units' of column 'sites'; did you mean 'unit'?"),
        ('{ type = "text" }', '"text"', "column 'stage' has no type"),
        ("row =", "ttl_minutes = 0\nrow =", "ttl_minutes = 0 is no lifetime"),
        ("row =", "ttl_minutes = 1.5\nrow =", "ttl_minutes = 1.5 is no lifetime"),
        ("row =", "ttl_minutes = true\nrow =", "ttl_minutes = True is no lifetime"),
        ("row =", 'shape = { step = "fill_day", count = 30 }\nrow =', "did you mean 'fill_days'?"),
        ("row =", 'page_groups = 8\nrow =', "page_groups is not a table"),
        ("row =", 'page_groups = { bye = "stage", size = "sites" }\nrow =', "did you mean 'by'?"),
        ("row =", 'page_groups = { by = "stag", size = "sites" }\nrow =', "did you mean 'stage'?"),
        ("row =", 'page_groups = { by = "sites", size = "sites" }\nrow =', "page_groups.by names the column"),
        ("row =", 'page_groups = { by = "stage", size = "site" }\nrow =', "did you mean 'sites'?"),
        ("row =", 'page_groups = { by = "stage", size = "sites", keep = 0 }\nrow =', "page_groups.keep = 0"),
        ("row =", 'page_groups = { by = "stage", size = "sites", above = 7 }\nrow =', "above = 7"),
        (
            "row =",
            'page_groups = { by = "stage", size = "sites", rates = { sites = ["sites"] } }\nrow =',
            "page_groups.rates.sites is not two columns",
        ),
        (
            "row =",
            'page_groups = { by = "stage", size = "sites", rates = { site = ["sites", "sites"] } }\nrow =',
            "did you mean 'sites'?",
        ),
        ("row =", "page_rows = 0\nrow =", "page_rows = 0"),
        ("row =", 'page_rows = 9\npage_groups = { by = "stage", size = "sites" }\nrow =', "keep one of them"),
        ('"text"', '"text", category = "stages"', "did you mean 'stage'?"),
        ("row =", 'shape = { step = "fill_days" }\nrow =', "shape.count = 0"),
        ("row =", 'shape = { count = 30 }\nrow =', "shape names no step"),
        (
            "row =",
            'shape = { step = "fill_days", count = 3, by = ["stag"] }\nrow =',
            "shape.by names the unknown column 'stag'; did you mean 'stage'?",
        ),
        ('{ type = "text" }', '{ unit = "x" }', "column 'stage' has no type; valid names: boolean, day"),
        ('{ type = "text" }', '{ type = "text", help = 5 }', "columns.stage.help is not a text"),
        ("row =", 'page_groups = { size = "sites" }\nrow =', "page_groups.by is missing; add by = …"),
        ("row =", 'shape = { step = "fill_days", cont = 3 }\nrow =', "did you mean 'count'?"),
        ("row =", 'shape = { step = "fill_days", count = 3, by = "stage" }\nrow =', "is no list; write by ="),
        ('["sites.stage"]', '["sites.stage", 5]', "reads is not a list of columns"),
        ("row =", "row ==", "its header is not TOML"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_dataset_header_is_reported_with_file_and_remedy(
    write: Write, old: str, new: str, message: str
) -> None:
    with pytest.raises(DatasetFileError) as failure:
        dataset_of(write, old, new)
    assert "stages.sql: " in str(failure.value)
    assert message in str(failure.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select 1", "it does not open with a header"),
        ("select 1 /* title = 1 */", "it does not open with a header"),
        ("/* title = 1", "it does not open with a header"),
        ("/* title = 1 */\n  ", "it holds no SQL"),
    ],
)
def test_a_file_without_header_or_sql_is_an_error(write: Write, text: str, message: str) -> None:
    with pytest.raises(DatasetFileError, match=message):
        write(text)


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.sql"
    path.write_bytes(b"/* \xff */ select 1")
    with pytest.raises(DatasetFileError, match="cannot be read"):
        read_sql_file(path)


def test_a_folder_without_sql_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetFileError, match="no SQL files"):
        read_folder(tmp_path)


def test_a_staging_file_gives_its_columns_and_readers(write: Write) -> None:
    table = staged_table_of(write, "sites\n", '"Web Sites"\n')
    assert (table.name, table.source_table, table.key) == ("stages", "Web Sites", "site_id")
    assert [
        (column.name, reading.cast, reading.source_column, column.type)
        for column in table.columns
        if (reading := column.plain)
    ] == [
        ("site_id", "read_integer", "id", staging()["http_errors"].columns[1].type),
        ("stage", "read_label", "status", "varchar"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("read_label", "read_labl", "unknown cast 'read_labl'; did you mean 'read_label'?"),
        ("read_label(status) as stage", "status as stage", "cannot read the column 'status as stage'"),
        ("as stage", "as site_id", "column 'site_id' is there twice"),
        ("as site_id", "as site", "key 'site_id' is not one of its columns"),
        ("source.sites", "sites", "it is not one select from one source table"),
        ("source.sites", "source.sites as s", "it is not one select from one source table"),
        ("source.sites", "source.sites join source.x using (id)", "it is not one select from one"),
        ("select", "selec", "it is not one select from one source table"),
        ("(id)", "(5)", "cannot read the column 'read_integer(5) as site_id'"),
        ("(id)", "(id, 5)", "cannot read the column 'read_integer(id, 5) as site_id'"),
        ("(id)", "(other.id)", "cannot read the column"),
        ("read_label(status) as stage", "*", "cannot read the column '*'"),
        ("source.sites", "source.sites where id > 5", "it is not one select from one source table"),
    ],
)
def test_a_mistake_in_a_staging_file_is_reported_with_file_and_remedy(
    write: Write, old: str, new: str, message: str
) -> None:
    with pytest.raises(DatasetFileError) as failure:
        staged_table_of(write, old, new)
    assert "stages.sql: " in str(failure.value)
    assert message in str(failure.value)


def test_a_staging_file_may_have_comments(write: Write) -> None:
    table = staged_table_of(write, "as stage", "as stage -- in lower case, read_text(x)")
    assert table.column_names() == ["site_id", "stage"]


def test_a_misspelt_key_of_a_staging_header_is_reported_with_the_nearest(write: Write) -> None:
    with pytest.raises(DatasetFileError, match="unknown header key 'kee'; did you mean 'key'"):
        staged_table_of(write, header='row = "one website"\nkee = "site_id"\n')


@pytest.mark.parametrize(
    ("sync", "message"),
    [
        ('sync = "apend"', "sync = 'apend' is unknown; did you mean 'append'"),
        ('sync = "incremental"', "an incremental table needs a cursor"),
        ('sync = "incremental"\ncursor = "updated_at"', "no column reads the cursor updated_at"),
        (
            'sync = "append"\nmutable_where = "stag is null"',
            "mutable_where names the column 'stag'; did you mean",
        ),
        ('sync = "append"\nmutable_where = "stage ="', "mutable_where is no condition: stage ="),
        ('sync = "full"\nmutable_where = "stage = 1"', "mutable_where does not go with sync = 'full'"),
        ('sync = "append"\ncursor = "x"', "cursor does not go with sync = 'append'"),
        ('sync = "append"\nkept = "appended"', "sync is there in two spellings; keep sync alone"),
    ],
)
def test_a_sync_that_makes_no_sense_is_reported_with_file_and_remedy(
    write: Write, sync: str, message: str
) -> None:
    with pytest.raises(DatasetFileError, match=re.escape(message)):
        staged_table_of(write, header=f'row = "one website"\nkey = "site_id"\n{sync}\n')


@pytest.mark.parametrize(
    ("old", "new", "warnings"),
    [
        (
            'kept = "appended"\nopen = "stage = 1"\nclosed_by = ["status", "id"]',
            'sync = "append"\nmutable_where = "stage = 1"\nfinal_when = ["status", "id"]',
            [
                'the header key kept is now sync: write sync = "append"',
                'the header key open is now mutable_where: write mutable_where = "stage = 1"',
                'the header key closed_by is now final_when: write final_when = ["status", "id"]',
            ],
        ),
        (
            'kept = "changed"\nchanged_at = "updated_at"',
            'sync = "incremental"\ncursor = "updated_at"',
            [
                'the header key kept is now sync: write sync = "incremental"',
                'the header key changed_at is now cursor: write cursor = "updated_at"',
            ],
        ),
        ('kept = "whole"', 'sync = "full"', ['the header key kept is now sync: write sync = "full"']),
    ],
)
def test_the_keys_of_an_earlier_version_load_with_a_warning_that_names_the_new(
    write: Write, caplog: pytest.LogCaptureFixture, old: str, new: str, warnings: list[str]
) -> None:
    start = 'row = "one website"\nkey = "site_id"\n'
    columns = ("read_label(status) as stage", "read_label(status) as stage, read_instant(updated_at) as at")
    expected = staged_table_of(write, *columns, header=f"{start}{new}\n")
    assert caplog.messages == []
    assert staged_table_of(write, *columns, header=f"{start}{old}\n") == expected
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("WARNING", f"{expected.path}: {warning}") for warning in warnings
    ]


def test_the_products_own_files_are_metrics_charts_and_reports_of_distinct_names() -> None:
    files = {path.stem for folder in ("metrics", "charts") for path in (SQL_DIR / folder).glob("*.sql")}
    assert set(catalogue()) == files
    assert {dataset.kind for dataset in catalogue().values()} == {METRIC, CHART}
    assert set(reports()).isdisjoint(catalogue())


def test_the_key_of_every_dataset_is_its_page_and_its_name() -> None:
    for name, dataset in catalogue().items():
        assert dataset.key == f"{dataset.page}/{name}"
    assert catalogue()["pipeline_funnel"].key == "pipeline/pipeline_funnel"


def test_every_staged_column_is_read_by_a_dataset_or_shown_in_rows_or_dates_the_last_write() -> None:
    read = {column for dataset in (catalogue() | reports()).values() for column in dataset.reads}
    for rows in rows_tables().values():
        read |= {f"{rows.name}.{column.name}" for column in rows.columns if column.lookup is None}
    for table in staging().values():
        for column in table.columns:
            needed = f"{table.name}.{column.name}" in read or column.type == "timestamp"
            assert needed or column.name == table.key, f"{table.name}.{column.name}"


def test_an_unknown_dataset_is_reported_with_the_nearest_name() -> None:
    with pytest.raises(DashboardError, match="no such dataset; did you mean 'pipeline_funnel'"):
        select_datasets(["pipeline_funel"])


RANGED_HEADER = """\
title = "Calls"
page = "llm"
row = "one day"
reads = ["llm_usage.called_at", "llm_usage.model"]
range = "30d"
filters = ["model"]
shape = { step = "fill_days", count = 30 }
[columns]
day = { type = "day" }
note = { type = "text", contacts = true }
"""
RANGED = (
    "select local_day(called_at) as day, null as note from llm_usage"
    " where called_at >= range_start('30d') and called_at <= range_end() and taken('model', model)"
)


def ranged(write: Write, old: str = "", new: str = "") -> Dataset:
    text = f"/*\n{RANGED_HEADER}*/\n{RANGED}"
    assert old in text
    return parse_dataset(write(text.replace(old, new)), CHART, staging())


def test_a_dataset_says_which_range_and_filters_it_takes(write: Write) -> None:
    dataset = ranged(write)
    assert (dataset.range, dataset.filters, dataset.grain) == ("30d", ("model",), "day")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('range = "30d"', 'range = "30 d"', "range = '30 d' is no window; did you mean '30d'?"),
        ('range = "30d"\n', "", 'its SQL asks for a range; write range = "30d" in the header'),
        ('range = "30d"', 'range = "7d"', "'7d' alone; write range_start('7d') and range_end()"),
        ("range_end()", "run_now()", "does not ask for the range '30d' alone"),
        (
            "range_end()",
            "range_end() and before_end('30d')",
            "the period before '30d' alone; write before_start",
        ),
        ("count = 30", "count = 29", "shape.count = 29 is not the range '30d'; write count = 30"),
        ('filters = ["model"]\n', "", "taken('model', …) is no filter of the header"),
        ('["model"]\nshape', '["modle"]\nshape', "filters names 'modle', which its SQL does not ask for"),
        ('filters = ["model"]', 'filters = "model"', "filters is not a list of columns"),
    ],
)
def test_a_header_and_its_sql_agree_on_range_and_filters(
    write: Write, old: str, new: str, message: str
) -> None:
    with pytest.raises(DatasetFileError, match=re.escape(message)):
        ranged(write, old, new)


def test_a_column_that_may_name_contacts_is_no_filter(write: Write) -> None:
    header = RANGED_HEADER.replace('["model"]', '["model", "note"]', 1)
    text = f"/*\n{header}*/\n{RANGED} and taken('note', note)"
    with pytest.raises(DatasetFileError, match="the filter 'note' may name contacts"):
        parse_dataset(write(text), CHART, staging())
