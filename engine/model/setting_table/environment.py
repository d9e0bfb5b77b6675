"""Reads the settings of the environment and of a ``.env`` file, by a pydantic-settings model of the table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationError, create_model
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

from engine.model.errors import SettingError
from engine.model.setting_table.kinds import WholeNumber
from engine.model.setting_table.rows import SETTINGS, Setting


class _Environment(BaseSettings):
    model_config = SettingsConfigDict(
        case_sensitive=True, env_ignore_empty=True, env_file_encoding="utf-8", extra="ignore"
    )


@cache
def _model() -> type[_Environment]:
    """Return the model that has a field for each row of the table."""
    fields: dict[str, Any] = {row.field: _field(row) for row in SETTINGS}
    return create_model("Environment", __base__=_Environment, **fields)


def _field(row: Setting) -> tuple[Any, Any]:
    kind: Any
    if isinstance(row.kind, WholeNumber):
        kind = Annotated[int, Field(ge=row.kind.low, le=row.kind.high)]
    else:
        kind = Annotated[Any, PlainValidator(partial(row.kind, row.name))]
    return kind, Field(default=row.default, validation_alias=row.name, validate_default=True)


def read_environment(environ: Mapping[str, str] | None, env_file: Path) -> dict[str, Any]:
    """Return the value of each setting by its field; None for environ means that of the process.

    Raises SettingError.
    """
    model = _model()
    variables = EnvSettingsSource(model)
    if environ is not None:
        variables.env_vars = {name: value for name, value in environ.items() if value}
    try:
        # A keyword of pydantic-settings, which the fields of a model hide from mypy.
        read = model(_build_sources=((variables, _file(env_file)), {}))  # type: ignore[call-arg]
    except ValidationError as error:
        mistake = error.errors(include_url=False, include_context=False)[0]
        raise _explained(mistake["loc"][0], mistake["type"], mistake["input"]) from None
    # A dump of the model would make dictionaries of values that are dataclasses.
    return {row.field: getattr(read, row.field) for row in SETTINGS}


def names_in(env_file: Path) -> set[str]:
    """Return the names that a ``.env`` file gives a value, known or not. Raises SettingError."""
    return set(_file(env_file).env_vars)


def _file(path: Path) -> DotEnvSettingsSource:
    try:
        return DotEnvSettingsSource(_model(), env_file=path)
    except UnicodeDecodeError:
        raise SettingError(path, "it is not UTF-8 text", "save it as UTF-8") from None


def _explained(name: int | str, mistake: str, text: str) -> SettingError:
    """Return what is wrong with a whole number: pydantic checks nothing else."""
    limits = next(row.kind for row in SETTINGS if row.name == name)
    assert isinstance(limits, WholeNumber)
    span = f"from {limits.low} to {limits.high}"
    if mistake in ("greater_than_equal", "less_than_equal"):
        return SettingError(name, f"{text} is out of range", f"give a whole number {span}")
    return SettingError(name, f"{text!r} is not a whole number", f"give one {span}")
