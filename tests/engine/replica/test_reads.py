"""What a header says that its SQL reads is compared with what DuckDB reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.catalogue.datasets import Dataset, catalogue, reports
from engine.replica.reads import misdeclared_reads


def told(dataset: Dataset) -> str:
    """Return what is wrong with the reads of one dataset, without its path; empty if nothing is."""
    error = misdeclared_reads([dataset]).get(dataset.name)
    if error is None:
        return ""
    assert error.offender == str(dataset.path)
    return f"{error.cause}; {error.remedy}"


def reading(name: str, *reads: str, sql: str | None = None) -> Dataset:
    dataset = catalogue()[name]
    return replace(dataset, reads=reads or dataset.reads, sql=sql or dataset.sql)


def test_every_header_names_the_columns_that_its_sql_reads_and_no_others() -> None:
    assert misdeclared_reads((catalogue() | reports()).values()) == {}


@pytest.mark.parametrize("name", ["excluded_sites_count", "llm_daily_costs_30d", "cron_timeline_24h"])
def test_each_column_that_a_header_leaves_out_is_named_with_its_file(name: str) -> None:
    reads = catalogue()[name].reads
    for left_out in reads:
        kept = [read for read in reads if read != left_out] or ["sites.site_id"]
        assert f"its SQL reads {left_out}, which reads does not name; add it" == told(reading(name, *kept))


def test_a_column_that_the_sql_does_not_read_is_named() -> None:
    reads = catalogue()["llm_daily_costs_30d"].reads
    assert told(reading("llm_daily_costs_30d", *reads, "llm_usage.model")) == (
        "reads names llm_usage.model, which its SQL does not read; remove it"
    )
    assert told(reading("llm_daily_costs_30d", *reads, "sites.stage")) == (
        "reads names sites.stage, which its SQL does not read; remove it"
    )


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("select count(*) as excluded_sites from sites", ("sites.stage",)),
        ("select count(*) as excluded_sites from sites where created_at > run_now()", ("sites.created_at",)),
        ("select max(source_rowid) as excluded_sites from sites", ("sites.site_id",)),
        ("with s as (select * from sites) select count(stage) as excluded_sites from s", ("sites.stage",)),
        (
            "select count(*) as excluded_sites from sites semi join site_status using (site_id)",
            ("sites.site_id", "site_status.site_id"),
        ),
        ("select size_bytes as excluded_sites from source_file", ("source_file.size_bytes",)),
    ],
)
def test_what_a_query_reads_is_followed_through_its_parts(sql: str, reads: tuple[str, ...]) -> None:
    assert told(reading("excluded_sites_count", *reads, sql=sql)) == ""


def test_sql_that_does_not_run_is_told_with_its_file() -> None:
    assert "does not exist" in told(reading("excluded_sites_count", sql="select * from site"))
