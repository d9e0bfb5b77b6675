"""The header of a staging file: its keys and their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from engine.model.catalogue.header import Header, Text, Texts, Told, one_of
from engine.model.staging import KEPT


class StagingHeader(Header):
    """All that a staging file's header may say; which keys go together is ``KEPT``."""

    row: Text
    key: Text
    kept: Annotated[str, one_of(KEPT)]
    changed_at: Text | None = None
    open: Texts | None = None
    closed_by: Texts | None = None

    told: ClassVar[Mapping[tuple[str, ...], Told]] = {
        ("kept",): Told("unknown way {value!r} to be kept", valid=KEPT),
        ("open",): Told("open is not a list of texts", 'write open = ["…"]'),
        ("closed_by",): Told("closed_by is not a list of texts", 'write closed_by = ["…"]'),
    }
