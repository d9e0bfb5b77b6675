"""There is one way to a run: no other module of the web app submits anything."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import cast

import pytest

import dash_app
from dash_app.login.run_gate import Refusal, RunGate
from dash_app.login.selection_limit import SelectionLimit
from dash_app.login.visitors import NOBODY, set_visitor
from engine.model.access import Role, Visitor, rights_of_role
from engine.model.settings import Settings
from engine.runs import Runner, Trigger
from engine.runs.turns.queue import RunQueue
from tests.dash_app.given import FakeRunner

ROOT = Path(dash_app.__file__).parent
SUBMITTING = re.compile(r"queue\.submit\w*\([\w.]*")


def gate_of(runner: FakeRunner) -> RunGate:
    return RunGate(RunQueue(cast(Runner, runner)), None, SelectionLimit(lambda: None))


def test_the_gate_alone_submits_runs() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        for call in SUBMITTING.findall(path.read_text(encoding="utf-8"))
        # The cache is warmed once, at the start, before there is any client.
        if call != "queue.submit(Trigger.WARM"
    }
    assert users == {"login/run_gate.py"}


@pytest.mark.parametrize("visitor", [NOBODY, Visitor("viewer", rights_of_role(Role.VIEWER))])
@pytest.mark.parametrize("trigger", [Trigger.FULL, Trigger.PAGE, Trigger.CARD])
def test_who_is_no_operator_gets_no_run(settings: Settings, visitor: Visitor, trigger: Trigger) -> None:
    runner = FakeRunner(settings.db)
    gate = gate_of(runner)
    undo = set_visitor(visitor)
    try:
        with pytest.raises(Refusal, match=r"Only an operator can refresh\."):
            asyncio.run(gate.refresh(trigger, None if trigger is Trigger.FULL else ("pipeline_funnel",)))
    finally:
        undo()
    assert runner.requests == []


def test_outside_a_request_nothing_that_is_due_is_computed_either(settings: Settings) -> None:
    runner = FakeRunner(settings.db)
    gate = gate_of(runner)
    undo = set_visitor(NOBODY)
    try:
        assert not asyncio.run(gate.submit_due(("pipeline_funnel",)))
    finally:
        undo()
    assert runner.requests == []
