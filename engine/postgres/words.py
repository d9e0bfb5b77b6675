"""An address as the words that libpq takes, for another program that connects."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from engine.model.places.postgres_address import PostgresAddress


def connection_words(address: PostgresAddress) -> dict[str, str]:
    """Return the words of an address by name, the password among them."""
    return {name: str(value) for name, value in conninfo_to_dict(address.url.text).items()}


def joined(words: Mapping[str, str]) -> str:
    """Return words as one connection string."""
    return make_conninfo("", **dict(words))
