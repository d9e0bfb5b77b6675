"""An address of PostgreSQL: what is shown of it has no password, and what is none is refused unrepeated."""

from __future__ import annotations

import psycopg
import pytest

from engine.model.errors import SettingError
from engine.model.places.postgres_address import is_postgres_address, parse_postgres_address

NAME = "DASHBOARD_CACHE_URL"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://ann:s3cret@db:5433/sites", "postgresql://ann@db:5433/sites"),
        ("postgres://ann:s3cret@[::1]/sites?sslmode=require", "postgresql://ann@[::1]/sites"),
        ("postgresql:///sites?host=/run/db&password=s3cret", "postgresql:///sites?host=/run/db"),
        ("postgresql://a%40b:s3cret%2F@db", "postgresql://a%40b@db"),
    ],
)
def test_what_is_shown_of_an_address_has_no_password(text: str, shown: str) -> None:
    address = parse_postgres_address(NAME, text)
    assert str(address) == shown
    assert "s3cret" not in repr(address)
    assert address.url.text == text


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ann:s3cret@db:port/sites",
        "mysql://ann:s3cret@db/sites",
        "postgresql://ann:s3cret@db/sites/more",
        "postgresql://ann:s3cret@[::1/sites",
        "postgresql://ann:s3cret@db/sites#part",
        "postgresql://ann@db/sites?s3cret",
        "postgresql://ann:p@s3cret@db/sites",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse_postgres_address(NAME, text)
    assert str(caught.value).startswith(f"{NAME}: it is no address of PostgreSQL; write postgresql://")
    assert "s3cret" not in str(caught.value)


def test_other_texts_are_no_address_of_postgresql() -> None:
    assert is_postgres_address(" PostgreSQL://db/sites")
    assert not is_postgres_address("postgresql.db")
    assert not is_postgres_address("/srv/postgresql/sites.db")


def test_an_address_of_a_socket_reaches_the_server(postgres_url: str) -> None:
    address = parse_postgres_address(NAME, postgres_url)
    with psycopg.connect(address.url.text) as connection:
        row = connection.execute("select current_database()").fetchone()
    assert row == (address.name,)
