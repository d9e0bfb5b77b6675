"""Every limit, time and count that a page of the documentation names is the one in the code.

The tests of behaviour take these constants by name, so they hold whatever the number is. Here each sentence
is written with its constant: who changes one changes the other.
"""

from __future__ import annotations

import re

import pytest

from dash_app.figures.chart_text import LABEL_LENGTH
from dash_app.http import export, protocol
from dash_app.http.middleware import limits as body_limits
from dash_app.http.middleware import sockets
from dash_app.live import broadcaster, notices
from dash_app.login import sockets as login_sockets
from dash_app.login import visitors
from dash_app.page_text import CELL_LENGTH
from engine.attention import jobs, pipeline, shortening
from engine.cli import first_run, terminal_text, web_server
from engine.model import server_change_log
from engine.model.catalogue import datasets, page_parts, words
from engine.model.colours import PALETTE
from engine.model.selections import run_macros, selected
from engine.model.settings import DATASET_SHARE
from engine.model.source_file import retry, stamp
from engine.model.values import payload
from engine.postgres import listener, listening, pool
from engine.replica import source, sqlite_expressions
from engine.replica.lake import maintenance, tables
from engine.replica.postgres import logged
from engine.replica.postgres.source import OLDEST_VERSION
from engine.replica.questions.reading import QUESTION_SECONDS
from engine.replica.sync import audit, bounds, late, open_rows, plan
from engine.runs.health import readiness
from engine.runs.processes import quick_check, shared_engine
from engine.runs.turns import queue
from engine.runs.worker import mailbox
from engine.sessions import limits as session_limits
from engine.sessions import passwords
from engine.sessions import store as sessions
from engine.store import selections as stored_selections
from engine.store.analytics import lifetimes
from engine.store.sqlite import change_log, migration
from engine.store.sqlite.time_limit import LIMIT_SECONDS
from tests.docs.pages import text_of

WORDS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip


def _word(number: float) -> str:
    """Return a small number as a word."""
    assert number == int(number)
    return WORDS[int(number)]


def _a(number: float) -> str:
    """Return the article of a thing that there is one of."""
    assert number == 1
    return "a"


def _an(number: float) -> str:
    return _a(number) + "n"


def _whole(number: float) -> str:
    assert number == int(number)
    return f"{int(number):,}"


def _one_and_a_half(number: float) -> str:
    assert number == 1.5
    return "one and a half"


def _three_quarters(number: float) -> str:
    assert number == 0.75
    return "three quarters"


def _number(file: str, name: str) -> int:
    """Return a number that a script of the front end has under a name."""
    found = re.search(
        rf"^(?:export )?const {name} = ([\d_]+);$", text_of(f"dash_app/frontend/src/{file}"), re.M
    )
    assert found is not None, name
    return int(found[1])


MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
KB, MB = 1024, 1 << 20

LIFETIMES = sorted({dataset.ttl_minutes for dataset in datasets.catalogue().values()})

SENTENCES = {
    "README.md": ["Python 3.11 to 3.13"],
    "docs/operating.md": [
        "Python 3.11 to 3.13",
        f"(up to {_whole(quick_check.LIMIT_SECONDS / MINUTE)} minutes). It changes nothing",
        f"(SQLite's quick check, up to {_whole(migration.QUICK_CHECK_SECONDS / MINUTE)} minutes)",
        f"It is ended after {_whole(quick_check.LIMIT_SECONDS / MINUTE)} minutes",
        f"answers after {_word(first_run.FIRST_RUN_SECONDS)} seconds even if the build goes on",
        f"{_whole(body_limits.MOST_BODY_BYTES / KB)} kB and {protocol.MOST_CHUNKS:,} chunks for a body (413)",
        f"{_whole(protocol.MOST_HEADER_BYTES / KB)} kB and {protocol.MOST_HEADERS} lines for headers (431)",
        f"{_whole(protocol.HEADER_SECONDS)} s for headers, {_whole(body_limits.BODY_SECONDS)} s for a body",
        f"{sockets.MOST_OF_A_SESSION} sockets for a session",
        f"and {sockets.MOST_OF_ALL:,} for the process",
        f"once, within {_whole(sessions.LINK_SECONDS / MINUTE)} minutes",
        f"One ends after {_whole(sessions.IDLE_SECONDS / HOUR)} hours without use,"
        f" after {_whole(sessions.LONGEST_SECONDS / DAY)} days",
        f"After {_word(session_limits.MOST_FAILURES)} failed attempts in a minute",
        f"share {_word(session_limits.MOST_FAILURES)} failed attempts a minute",
        f"of at least {passwords.SHORTEST_PASSWORD} characters",
        f"asks for the login again every {_whole(login_sockets.IDENTITY_SECONDS / MINUTE)} minutes",
        f"look at the database every {_word(readiness.KEPT_SECONDS)} seconds at most",
        f"The Overview begins with at most {_word(shortening.MOST_LINES)} lines",
        f"If there are more than {_word(shortening.MOST_LINES)} lines",
        f"longer than {jobs.STUCK_TIMES} times what 95 % of its runs took",
        f"and than {_whole(jobs.STUCK_SECONDS / MINUTE)} min",
        f"it has not started for more than {jobs.OVERDUE_INTERVALS} intervals",
        f"critical after more than {_whole(jobs.CRITICAL_INTERVALS)} intervals",
        f"of the {run_macros.USUAL_SPAN.days} days before had by this time of day, and above it by"
        f" {_whole(pipeline.UNUSUAL_COST_USD)} dollar or {pipeline.UNUSUAL_ERRORS} errors;"
        f" from {pipeline.USUAL_DAYS} days of history on",
        f"the oldest has waited for {pipeline.POSITIVE_WAITING_HOURS} h",
        f"{_whole(pipeline.BOUNCE_RATE * 100)} % of {pipeline.BOUNCE_SENT} or more messages",
        f"first seen in a failed run in the last {pipeline.NEW_ERROR_HOURS} h",
        f"for up to {_whole(retry.LONGEST_SECONDS)} s, and for one interval at most",
        f"spills at most {_word(source.SPILL_FACTOR)} times `DASHBOARD_MEMORY_LIMIT`",
        f"job tables ends after {_whole(LIMIT_SECONDS)} s",
        f"{_word(stamp.QUIET_SECONDS).capitalize()} seconds after its last write",
    ],
    "docs/architecture.md": [
        f"its header says: {datasets.DEFAULT_TTL_MINUTES} minutes, or {LIFETIMES[1]} to {LIFETIMES[-1]} for",
        f"tries again every {_word(_number('pauses.js', 'LONGEST_PAUSE_MS') / 1000)} seconds",
        f"at least {_one_and_a_half(lifetimes.INTERVALS_AT_LEAST)} intervals of the schedule,"
        f" at most {_a(lifetimes.STEPS_MINUTES[-1] / 1440)} day",
        f"at most {_three_quarters(DATASET_SHARE)} of `DASHBOARD_RUN_TIMEOUT`",
        f"written to `dashboard_cache_reads` once {_a(broadcaster.FLUSH_SECONDS / MINUTE)} minute",
        f"is collected for {_whole(queue.BATCH_WINDOW_SECONDS * 1000)} ms first",
        f"A question ends after {_whole(QUESTION_SECONDS)} s",
        f"polls the version {_word(1 / broadcaster.POLL_SECONDS)} times a second",
        f"nobody has asked for it in {_whole(stored_selections.KEPT_UNASKED.total_seconds() / HOUR)} hours",
    ],
    "docs/asking.md": [
        f"takes at most {selected.MOST_SHORT_DAYS} days",
        f"nobody has asked for it in {_whole(stored_selections.KEPT_UNASKED.total_seconds() / HOUR)} hours",
        f"{stored_selections.MOST_STORED:,} of them are kept at most",
        f"can have {session_limits.MOST_SELECTIONS:,} new ones computed in an hour",
        f"every {_number('kiosk/kiosk.js', 'USUAL_CYCLE')} seconds"
        f" ({_number('kiosk/words.js', 'SHORTEST_SECONDS')} to"
        f" {_number('kiosk/words.js', 'LONGEST_SECONDS'):,})",
    ],
    "docs/api.md": [
        f"(the first {page_parts.MAX_ROWS:,} rows of a larger dataset)".removeprefix("(the "),
        f"`/api/rows.csv` has the first {export.MOST_ROWS:,} of them",
        f"the first {export.MOST_ROWS:,} rows as RFC 4180",
        f"at most {payload.MOST_RAW_BYTES // 10**6} MB of JSON and"
        f" {_whole(payload.MOST_PARTS / 10**6)} million parts",
    ],
    "docs/adapting.md": [
        f"of one above {sqlite_expressions.LONG_TEXT_BYTES:,} bytes only the first"
        f" {sqlite_expressions.MOST_CHARACTERS:,} characters count",
        f"the {words.MOST_SHOWN} most frequent of each column",
    ],
    "docs/adding-a-dataset.md": [
        f"how long a value lives; {datasets.DEFAULT_TTL_MINUTES} if not given",
        f"keeps all rows, up to {page_parts.MAX_ROWS:,}",
        f"a palette of {_word(len(PALETTE))}",
    ],
    "docs/design.md": [f"at most {_word(shortening.MOST_LINES)} lines"],
    "docs/deploying.md": [
        f"there is a sign of life every {_whole(broadcaster.HEARTBEAT_SECONDS)} s",
    ],
    "docs/how-it-stays-exact.md": [
        f"up to {_an(late.WINDOW.total_seconds() / HOUR)} hour older than the last run",
        f"if more than {late.MOST_WINDOW_ROWS:,} rows",
        f"in turn: {late.SLICE_ROWS:,} rows of each table a run",
        f"the next run for the {late.FAR_ROWS:,} latest stamps",
        f"of more than {open_rows.MOST_OPEN_ROWS:,} such rows the newest {open_rows.NEWEST_OPEN_ROWS:,},"
        f" and {open_rows.MOST_OPEN_ROWS - open_rows.NEWEST_OPEN_ROWS:,} of the others in turn",
        f"the next run in tables of up to {bounds.SMALL_TABLE_ROWS:,} rows",
        f"a table above {bounds.SMALL_TABLE_ROWS:,} rows made again",
        f"compares a slice of {_word(audit.TABLES_A_RUN)} tables",
        f"every table of up to {audit.LEAST_ROWS} rows; the next run goes on with the next"
        f" {_word(audit.TABLES_A_RUN)}",
        f"{change_log.PRUNED_AT_ONCE:,} changes at a time",
        f"If more than {plan.MOST_NOTES:,} changes are unread",
        f"Charts cut a name at {LABEL_LENGTH} characters",
        f"Tables cut a text at {CELL_LENGTH} characters",
        f"The command line cuts at {terminal_text.CELL_LENGTH}",
    ],
    "docs/scaling.md": [
        f"a run waits {_whole(retry.SERVER_AWAY_SECONDS)} s for it",
        f"is tried again for {_whole(retry.SERVER_AWAY_SECONDS)} seconds, then it fails",
        f"another takes its place, within {_word(listening.PROOF_SECONDS)} seconds",
        f"asks once {_a(listener.POLL_SECONDS)} second besides",
        f"after {_word(mailbox.GONE_SECONDS)} seconds without a sign of it",
        f"after {_a(mailbox.KEPT_SECONDS / MINUTE)} minute if it is not",
        f"is older than {_whole(notices.OLD_SECONDS)} s",
        f"reads on for {_an(visitors.KNOWN_WHILE_AWAY_SECONDS / HOUR)} hour at most",
        f"may be an address of PostgreSQL, {OLDEST_VERSION // 10_000} or later",
        f"changes more than {server_change_log.MOST_IDS // 2:,} rows",
        f"inserts or deletes more than {server_change_log.MOST_IDS:,}",
        f"older than {_an(maintenance.KEPT.total_seconds() / HOUR)} hour and no longer needed",
        f"after more than {logged.MOST_UNREAD:,} unread keys",
        f"the log grows to {server_change_log.MOST_BYTES >> 20} MB",
        f"after {maintenance.MOST_STATES} states of the lake",
        f"begins none after {_whole(maintenance.MOST_SECONDS)} seconds of them",
        f"takes longer than {_whole(maintenance.MOST_SECONDS_A_PIECE)} seconds",
        f"Files grow to {tables.FILE_MB} MB",
        f"the search wait {_a(shared_engine.HOLD_SECONDS)} second for the engine",
        f"polled every {_word(broadcaster.RESTING_POLL_SECONDS)} seconds",
        f"up to {pool.MOST_CONNECTIONS} for"
        f" {_a(pool.IDLE_SECONDS / MINUTE)} minute after they were needed",
        f"{web_server.MOST_FILES // 1000 * 1000:,} at most",
    ],
    "SECURITY.md": [
        f"guess {_word(session_limits.MOST_FAILURES)} times a minute",
        f"{_word(passwords.SHORTEST_PASSWORD).capitalize()} characters are the least",
    ],
}  # fmt: skip
"""What each page says, with the constants that it is about."""


@pytest.mark.parametrize("name", SENTENCES)
def test_a_limit_that_a_page_names_is_that_of_the_code(name: str) -> None:
    text = " ".join(text_of(name).split())
    assert [sentence for sentence in SENTENCES[name] if sentence not in text] == []
