"""Every command that the documentation gives exists, and takes the words that it is given with."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib.util import find_spec

import click
import pytest

from engine.cli.main import dashboard
from tests.docs.pages import PAGES, ROOT, code_blocks, text_of

NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES if page.name != "CHANGELOG.md"]
# What ends the words of a command in a shell.
END = re.compile(r"\s+(?:#|\||>|&&|2>)|\)|$")
# Programs of Python itself, and of packages that an environment has before the dashboard.
FOREIGN = {"venv", "pip"}


def commands(name: str) -> Iterator[str]:
    """Yield the commands of a page: of its code blocks, and between backticks in its text."""
    text = text_of(name)
    for block in code_blocks(text, "sh"):
        yield from block.replace("\\\n", " ").splitlines()
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M)
    yield from (" ".join(found.split()) for found in re.findall(r"`([^`]+)`", outside))


def given(name: str, program: str) -> list[str]:
    """Return what a page gives a program: the words after its name, which may follow settings."""
    begins = re.compile(rf"(?:\w+=\S+\s+)*(?:.*\$\()?(?:[\w.]*/)*{program}(?=\s|$)")
    found = ((line, begins.match(line.strip())) for line in commands(name))
    after = (line.strip()[match.end() :] for line, match in found if match)
    return [words[: END.search(words).start()].strip() for words in after]  # type: ignore[union-attr]


def parse(words: list[str]) -> None:
    """Parse a command's words as the program does, without invoking it. Raises click.ClickException."""
    command: click.Command = dashboard
    context = click.Context(dashboard, info_name="dashboard")
    while isinstance(command, click.Group) and words:
        name, command, words = command.resolve_command(context, words)  # type: ignore[assignment]
        context = click.Context(command, info_name=name, parent=context)
    if not isinstance(command, click.Group):
        command.make_context(context.info_name, words, parent=context.parent)


@pytest.mark.parametrize("name", NAMES)
def test_a_command_of_the_dashboard_takes_what_a_page_gives_it(name: str) -> None:
    for line in given(name, "dashboard"):
        try:
            parse(shlex.split(line))
        except click.MissingParameter:
            pass  # it is only named
        except click.ClickException as error:
            pytest.fail(f"dashboard {line}: {error.format_message()}")


@pytest.mark.parametrize("name", NAMES)
def test_a_module_that_a_page_has_python_run_is_there(name: str) -> None:
    for line in given(name, "python"):
        if line.startswith("-m "):
            module = line.split()[1]
            assert module in FOREIGN or find_spec(module) is not None, line


@pytest.mark.parametrize("name", NAMES)
def test_a_target_that_a_page_has_make_make_is_there(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.M))
    for line in given(name, "make"):
        assert {word for word in shlex.split(line) if "=" not in word} <= targets, line


def test_there_are_commands_to_find() -> None:
    for program, least in (("dashboard", 60), ("python", 20), ("make", 20)):
        assert sum(len(given(name, program)) for name in NAMES) >= least
