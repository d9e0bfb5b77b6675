"""The Dockerfile as tests read it: stages and their instructions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Instruction:
    """One instruction, such as ``RUN``, and what stands after it in one line."""

    name: str
    text: str


@dataclass(frozen=True)
class Stage:
    """What one image is made of: the image it begins with, its own name or "", and its instructions."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def all(self, name: str) -> list[str]:
        """Return what stands after each instruction of a name."""
        return [one.text for one in self.instructions if one.name == name]

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that the stage sets."""
        pairs = (text.partition("=") for text in self.all("ENV"))
        return {name: value for name, _, value in pairs}


def stages() -> tuple[Stage, ...]:
    """Return the stages of the Dockerfile, in order."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found: list[Stage] = []
    for line in re.sub(r"\s*\\\n\s*", " ", "\n".join(lines)).splitlines():
        name, _, rest = line.partition(" ")
        if name == "FROM":
            base, _, alias = rest.partition(" AS ")
            found.append(Stage(base, alias, ()))
        elif name:
            last = found.pop()
            found.append(Stage(last.base, last.name, (*last.instructions, Instruction(name, rest))))
    return tuple(found)
