"""A fingerprint differs with the time zone, with the dataset and all that it reads, and with the program."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.catalogue.rollups import rollups
from engine.model.catalogue.staging import staging
from engine.model.values import fingerprint
from engine.model.values.fingerprint import OTHER_SQL, OTHER_VERSION, Fingerprint, fingerprints
from tests.engine.programs import ROOT, environment

KEY = "llm/llm_daily_costs_30d"


def fresh(time_zone: str = "UTC") -> Fingerprint:
    """Return the fingerprint of a dataset as it is now, computed again."""
    return fingerprints.__wrapped__(time_zone)[KEY]


def test_every_dataset_has_a_fingerprint_of_its_own() -> None:
    known = fingerprints("UTC")
    assert set(known) == {dataset.key for dataset in catalogue().values()}
    assert len({one.digest for one in known.values()}) == len(known)


def test_two_processes_of_one_installation_have_the_same() -> None:
    program = (
        "from engine.model.values.fingerprint import fingerprints\n"
        "print(sorted((key, one.digest) for key, one in fingerprints('UTC').items()))"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            cwd=ROOT,
            env=environment({"PYTHONHASHSEED": seed}),
        ).stdout.decode()
        for seed in ("1", "2")
    ]
    ours = str(sorted((key, one.digest) for key, one in fingerprints("UTC").items())) + "\n"
    assert found == [ours, ours]


def test_days_of_another_zone_are_said_to_be_so() -> None:
    ours, theirs = fresh("Pacific/Auckland"), fresh("UTC")
    assert ours.difference(ours) == ""
    assert ours.difference(theirs) == "days of UTC: computed with DASHBOARD_TIMEZONE=UTC"


def test_other_sql_of_the_dataset_is_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fresh()
    dataset = catalogue()["llm_daily_costs_30d"]
    monkeypatch.setitem(catalogue(), dataset.name, replace(dataset, sql=dataset.sql + " limit 1"))
    assert before.difference(fresh()) == OTHER_SQL


def test_other_sql_of_what_a_dataset_reads_is_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fresh()
    calls = staging()["llm_usage"]
    with monkeypatch.context() as patch:
        patch.setitem(staging(), calls.name, replace(calls, source_table="llm_usage_v2"))
        assert before.difference(fresh()) == OTHER_SQL
    rollup = rollups()["llm_calls"]
    with monkeypatch.context() as patch:
        patch.setitem(rollups(), rollup.name, replace(rollup, sql=rollup.sql + " limit 1"))
        assert before.difference(fresh()) == OTHER_SQL
    assert before.difference(fresh()) == ""


def test_a_table_that_a_dataset_does_not_read_leaves_its_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fresh()
    sites = staging()["sites"]
    monkeypatch.setitem(staging(), sites.name, replace(sites, source_table="websites"))
    assert before.difference(fresh()) == ""


def test_the_folder_of_a_file_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fresh()
    dataset = catalogue()["llm_daily_costs_30d"]
    moved = replace(dataset, path=Path("/elsewhere") / dataset.path.name)
    monkeypatch.setitem(catalogue(), dataset.name, moved)
    assert before.difference(fresh()) == ""


def test_other_code_of_the_engine_is_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fresh()
    (tmp_path / "clock.py").write_text("# another\n", encoding="utf-8")
    monkeypatch.setattr(fingerprint, "ENGINE_DIR", tmp_path)
    fingerprint._program.cache_clear()
    try:
        assert before.difference(fresh()) == OTHER_VERSION
    finally:
        fingerprint._program.cache_clear()
