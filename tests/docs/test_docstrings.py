"""The examples in docstrings are so."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import engine

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(engine.__path__, "engine.")
    if not module.name.endswith("__main__")
)
WITH_EXAMPLES = {
    "engine.store.analytics.lifetimes",
    "engine.store.analytics.tallies",
    "engine.model.clock",
    "engine.model.errors",
    "engine.model.values.payload",
}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    module = import_module(name)
    assert module.__doc__, f"{name} does not say what it owns"
    result = doctest.testmod(module)
    assert result.failed == 0
    assert (result.attempted > 0) >= (name in WITH_EXAMPLES)
