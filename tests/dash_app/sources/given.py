"""Two sources whose every name has the source's own mark, served by one app with the real engine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from dash_app.sources.server import create_sources_server
from engine.demo.generate import generate
from engine.model.clock import wall_clock
from engine.model.setting_table.loading import load_settings
from engine.model.settings import Settings
from engine.runs import Runner, RunRequest, Trigger
from engine.runs.processes.shared_engine import SharedEngine
from tests.dash_app.clients import page_client
from tests.engine.source_database import NO_ENV_FILE, execute_script

NORTH, SOUTH = "north", "south"
MARKS = {NORTH: "qnorthq", SOUTH: "qsouthq"}

_MARKED = {
    "sites": ("domain", "country_code", "keyword", "error_message"),
    "outreaches": ("contact_method", "contact_uri", "subject_line", "error_message"),
    "conversations": ("message_body",),
    "llm_usage": ("model", "stage"),
    "http_errors": ("message",),
    "cron_jobs": ("name", "task_key"),
    "cron_job_logs": ("job_name", "error_message"),
}


def marked_sources(folder: Path) -> dict[str, Path]:
    """Return the files of two demo databases by name; each text begins with the mark of its source."""
    made = folder / "made.db"
    generate(made, scale=0.01, days=40, now=wall_clock())
    files = {}
    for name, mark in MARKS.items():
        files[name] = folder / f"{name}.db"
        shutil.copy(made, files[name])
        for table, columns in _MARKED.items():
            values = ", ".join(f"{column} = '{mark}-' || {column}" for column in columns)
            execute_script(files[name], f"update {table} set {values};")
    # They differ in their numbers too.
    execute_script(files[SOUTH], "delete from llm_usage where id % 3 = 0;")
    return files


def settings_of_several(files: Mapping[str, Path | str], **environ: str) -> Settings:
    sources = ",".join(f"{name}={file}" for name, file in files.items())
    return load_settings({"DASHBOARD_SOURCES": sources, **environ}, NO_ENV_FILE)


@contextmanager
def serving_several(settings: Settings, *, computed: bool = True) -> Iterator[TestClient]:
    """Serve all sources of the settings; ``computed`` has all their values computed before."""
    engine = SharedEngine()
    runners = {
        source.name: Runner(settings.for_source(source.name), engine.share()) for source in settings.sources
    }
    try:
        if computed:
            for runner in runners.values():
                runner.run(RunRequest(Trigger.COMMAND, wall_clock()))
        with page_client(create_sources_server(settings, engine, runners)) as client:
            yield client
    finally:
        for runner in runners.values():
            runner.close()
        engine.close()
