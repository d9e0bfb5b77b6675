"""The header of a staging file: its keys and their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from engine.model.catalogue.header import Header, Mistake, Text, Texts, one_of
from engine.model.catalogue.staging import SYNC, TYPES


class StagingHeader(Header):
    """All that a staging file's header may say; ``SYNC`` says which keys go together."""

    row: Text
    key: Text
    sync: Annotated[str, one_of(SYNC)]
    cursor: Text | None = None
    mutable_where: Texts | None = None
    final_when: Texts | None = None
    types: dict[str, Annotated[str, one_of(TYPES)]] | None = None

    mistakes: ClassVar[Mapping[tuple[str, ...], Mistake]] = {
        ("sync",): Mistake("sync = {value!r} is unknown", valid=SYNC),
        ("mutable_where",): Mistake("mutable_where is not a list of texts", 'write mutable_where = ["…"]'),
        ("final_when",): Mistake("final_when is not a list of texts", 'write final_when = ["…"]'),
        ("types",): Mistake("types is not a table", 'write types = {{ column = "text" }}'),
        ("types", "*"): Mistake("types.{place[1]} = {value!r} is unknown", valid=TYPES),
    }
