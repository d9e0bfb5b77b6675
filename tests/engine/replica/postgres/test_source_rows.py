"""The rows behind a number: long texts come from PostgreSQL by key, and changed or gone rows are found."""

from __future__ import annotations

import pytest

from engine.model.catalogue.rows import rows_table
from engine.model.catalogue.staging import staging
from engine.model.errors import SourceError
from engine.model.questions import SHORT_TEXT
from engine.replica.questions.source_rows import MOST_CHARACTERS, SourceReader
from tests.engine.replica.postgres.followed import Followed

PAGE = rows_table("sites").column("landing_page")
SITES = staging()["sites"]


def test_texts_and_rows_are_read_by_key(followed: Followed) -> None:
    with followed.connect() as writer:
        writer.execute("alter table sites add column landing_page_url text")
        writer.execute(
            "insert into sites (id, domain, landing_page_url) values (1, 'a', 'https://ä.example'),"
            " (2, 'b', repeat('β', 300000)), (3, 'c', null)"
        )
    followed.sync()
    reader, address = SourceReader(), followed.address
    found = reader.rows(address, SITES, [1, 2, 3, 4], [PAGE])
    replica = {row[0]: row for row in followed.rows_of_replica()["sites"]}
    assert found.staged == replica
    assert found.texts[1]["landing_page"] == "https://ä.example"
    assert found.texts[2]["landing_page"] == "β" * (SHORT_TEXT + 1)
    assert found.texts[3]["landing_page"] is None
    whole = reader.text(address, SITES, 2, PAGE)
    assert (whole.text, whole.is_cut) == ("β" * MOST_CHARACTERS, True)
    with followed.connect() as writer:
        writer.execute("update sites set score = 1 where id = 1")
        writer.execute("delete from sites where id = 3")
    found = reader.rows(address, SITES, [1, 2, 3], [])
    assert found.staged.keys() == {1, 2}
    assert found.staged[1] != replica[1]
    assert reader.text(address, SITES, 3, PAGE).is_gone


def test_a_source_that_has_gone_is_an_error_and_then_it_is_read_again(followed: Followed) -> None:
    reader = SourceReader()
    with followed.connect() as writer:
        writer.execute("insert into sites (id, domain) values (1, 'a')")
        assert reader.rows(followed.address, SITES, [1], []).staged.keys() == {1}
        writer.execute("alter table sites rename column domain to domain_before")
        assert reader.rows(followed.address, SITES, [1], []).staged.keys() == {1}
        name = followed.address.name
        with writer.cursor() as cursor:
            cursor.execute(f"alter database {name} connection limit 0")
            cursor.execute("create role nobody_in_particular login")
        nobody = Followed(followed.url.replace("postgres@", "nobody_in_particular@"), followed.folder)
        with pytest.raises(SourceError):
            reader.rows(nobody.address, SITES, [1], [])
        writer.execute("drop role nobody_in_particular")
        assert reader.rows(followed.address, SITES, [1], []).staged.keys() == {1}
