"""The oracle computes every dataset; what it lacks is said here, and nowhere else."""

from __future__ import annotations

from engine.model.catalogue.datasets import CHART, METRIC, catalogue

from . import DATASETS

MODULES = {CHART: "charts", METRIC: "metrics"}


def test_the_oracle_computes_every_dataset() -> None:
    lacking = [
        f"write {dataset.name}(source, clock) in tests/oracle/{MODULES[dataset.kind]}.py, and name it in"
        " DATASETS of tests/oracle/__init__.py"
        for dataset in catalogue().values()
        if dataset.name not in DATASETS
    ]
    assert not lacking, "; ".join(lacking)


def test_the_oracle_computes_nothing_else() -> None:
    assert set(DATASETS) <= set(catalogue())
