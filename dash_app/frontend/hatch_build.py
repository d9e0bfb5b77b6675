"""The hook of the package build: builds the front end, which wheel and source archive carry."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _builder() -> ModuleType:
    # From its file, because the package itself is not installed where it is built.
    spec = importlib.util.spec_from_file_location("frontend_build", Path(__file__).with_name("build.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class FrontendHook(BuildHookInterface[Any]):  # type: ignore[misc]
    """Builds the front end before a wheel, a source archive or an editable install."""

    def dependencies(self) -> list[str]:
        """Return what the build environment needs beside the build backend."""
        found: list[str] = _builder().requirements()
        return found

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the front end, or end with the one line that says why not."""
        builder = _builder()
        try:
            builder.build()
        except builder.FrontendError as error:
            self.app.abort(str(error))
