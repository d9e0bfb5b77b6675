"""The ``dashboard`` command group: exits with 0, or with 1 after one line on stderr.

``dashboard attention`` has exit statuses of its own.
"""

from __future__ import annotations

import os
import sys

import click

from engine.cli.attention import attention
from engine.cli.cache import cache_group
from engine.cli.check import check
from engine.cli.cron import cron_group
from engine.cli.demo import demo
from engine.cli.interrupts import interrupts_heeded
from engine.cli.login import login_link, password, sessions_group, token_group
from engine.cli.options import usage_line
from engine.cli.run import migrate_command, precompute
from engine.cli.serve import schedule, serve
from engine.cli.terminal_text import say, say_lines
from engine.model.errors import DashboardError
from engine.model.text.log_text import write_logs
from engine.model.version import VERSION
from engine.store.sqlite.connections import paths_opened
from engine.store.sqlite.write_ahead_log import leave_tidy


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="dashboard")
def dashboard() -> None:
    """An instant, exact dashboard over the SQLite database of an outreach pipeline.

    Settings are environment variables (DASHBOARD_DB names the database), also from a .env file.
    """


COMMANDS = (
    migrate_command, precompute, serve, schedule, cron_group, cache_group, attention, demo, check,
    password, login_link, sessions_group, token_group,
)  # fmt: skip

for command in COMMANDS:
    dashboard.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run the ``dashboard`` command and exit: 0, or 1 with one line on stderr."""
    run_command(dashboard, "dashboard", arguments)


def run_command(command: click.Command, program: str, arguments: list[str] | None = None) -> None:
    """Run a command under its program's name and exit: 0, or 1 with one line on stderr."""
    write_logs()
    try:
        with interrupts_heeded():
            code = command.main(arguments, prog_name=program, standalone_mode=False)
    except DashboardError as error:
        _fail(program, str(error))
    except click.exceptions.NoArgsIsHelpError as error:
        say_lines(error.format_message())
        sys.exit(0)
    except click.ClickException as error:
        _fail(program, usage_line(error, program))
    except (click.Abort, KeyboardInterrupt):
        _fail(program, "interrupted")
    except BrokenPipeError:
        # The reader of the output has gone. Without this the interpreter would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    else:
        sys.exit(code if isinstance(code, int) else 0)
    finally:
        for db in paths_opened():
            leave_tidy(db)


def _fail(program: str, line: str) -> None:
    say(f"{program}: {' '.join(line.split())}", err=True)
    sys.exit(1)
