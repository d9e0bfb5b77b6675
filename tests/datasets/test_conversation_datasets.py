"""Datasets of the conversations page."""

from __future__ import annotations

from tests.datasets.given import Given


def test_statistics_of_nothing_are_zeros_and_no_median(given: Given) -> None:
    row = given.row("conversation_stats")
    assert row.pop("median_reply_minutes") is None
    assert set(row.values()) == {0}


def test_messages_are_counted_by_direction_and_inbound_ones_by_sentiment(given: Given) -> None:
    for sentiment in ("positive", "positive", "neutral", "objection", "negative", None, "", "angry"):
        given.insert("conversations", {"direction": "inbound", "sentiment": sentiment})
    given.insert("conversations", {"direction": "outbound", "sentiment": "positive"})
    given.insert("conversations", {"direction": None, "sentiment": "positive"})
    given.insert("conversations", {"direction": "sideways", "sentiment": None})
    row = given.row("conversation_stats")
    names = ("inbound", "outbound", "positive", "neutral", "objection", "negative", "unclassified")
    assert [row[name] for name in names] == [8, 1, 2, 1, 1, 1, 3]


def test_an_inbound_message_is_unread_while_nothing_stands_in_read_at(given: Given) -> None:
    given.insert("conversations", {"direction": "inbound", "is_read": False})
    given.insert("conversations", {"direction": "inbound", "is_read": True, "read_at": "2026-11-23"})
    given.insert("conversations", {"direction": "inbound", "is_read": True, "read_at": None})
    given.insert("conversations", {"direction": "outbound", "is_read": False})
    assert given.row("conversation_stats")["unread"] == 1


def test_conversations_are_outreaches_with_a_message_in_or_out(given: Given) -> None:
    given.insert("outreaches", *[{"outreach_id": key} for key in (1, 2, 3)])
    given.insert("conversations", {"outreach_id": 1, "direction": "inbound"})
    given.insert("conversations", {"outreach_id": 1, "direction": "outbound"})
    given.insert("conversations", {"outreach_id": 2, "direction": "outbound"})
    given.insert("conversations", {"outreach_id": 99, "direction": "inbound"}, {"direction": "inbound"})
    assert given.row("conversation_stats")["conversations"] == 2


def test_inbound_24h_leaves_out_the_later_and_the_unreadable(given: Given) -> None:
    for instant in (
        "2026-11-22 20:00:00",
        "2026-11-22 20:00:01",
        "2026-11-23 20:00",
        "2026-11-23 20:00:01",
        None,
    ):
        given.insert("conversations", {"direction": "inbound", "received_at": instant})
    given.insert("conversations", {"direction": "outbound", "received_at": "2026-11-23 19:00"})
    assert given.row("conversation_stats")["inbound_24h"] == 2


def reply(given: Given, outreach_id: int, *instants: str | None) -> None:
    """Insert inbound messages of one outreach."""
    for instant in instants:
        given.insert(
            "conversations", {"outreach_id": outreach_id, "direction": "inbound", "received_at": instant}
        )


def test_the_reply_time_is_that_of_the_first_message_after_sending(given: Given) -> None:
    given.insert("outreaches", {"outreach_id": 1, "sent_at": "2026-11-20 12:00"})
    reply(given, 1, "2026-11-20 11:00", "2026-11-20 12:00", None, "2026-11-20 12:31:30", "2026-11-20 12:40")
    given.insert(
        "conversations", {"outreach_id": 1, "direction": "outbound", "received_at": "2026-11-20 12:01"}
    )
    assert given.row("conversation_stats")["median_reply_minutes"] == 31.5


def test_the_median_of_an_even_count_is_the_mean_of_the_middle_two(given: Given) -> None:
    for outreach_id, received_at in enumerate(("12:10", "13:00", "12:21", "12:00:20"), start=1):
        given.insert("outreaches", {"outreach_id": outreach_id, "sent_at": "2026-11-20 12:00"})
        reply(given, outreach_id, f"2026-11-20 {received_at}")
    assert given.row("conversation_stats")["median_reply_minutes"] == 15.5


def test_replies_that_say_nothing_of_the_reply_time(given: Given) -> None:
    given.insert(
        "outreaches", {"outreach_id": 1, "sent_at": None}, {"outreach_id": 2, "sent_at": "2026-11-20"}
    )
    given.insert("outreaches", {"outreach_id": 3, "sent_at": "2026-11-23 19:00"})
    reply(given, 1, "2026-11-21")
    reply(given, 2, "2026-11-19", "2026-11-20")
    reply(given, 3, "2026-11-23 20:00:01")
    reply(given, 99, "2026-11-21")
    assert given.row("conversation_stats")["median_reply_minutes"] is None


def test_daily_conversations_have_thirty_days(given: Given) -> None:
    for instant, direction, sentiment in (
        ("2026-10-24 23:59:59", "inbound", "positive"),
        ("2026-10-25 00:00", "inbound", "positive"),
        ("2026-11-22 10:00", "inbound", None),
        ("2026-11-22 11:00", "outbound", "positive"),
        ("2026-11-23 20:00", "outbound", None),
        ("2026-11-23 20:00:01", "outbound", None),
        ("2026-11-21 12:00", None, "positive"),
        (None, "inbound", "positive"),
    ):
        given.insert(
            "conversations", {"received_at": instant, "direction": direction, "sentiment": sentiment}
        )
    rows = given.rows("conversations_daily_30d")
    assert len(rows) == 30
    assert [row for row in rows if any(row[1:])] == [
        ("2026-10-25", 1, 0, 1),
        ("2026-11-22", 1, 1, 0),
        ("2026-11-23", 0, 1, 0),
    ]
    assert ("2026-11-21", 0, 0, 0) in rows


def test_the_day_on_which_clocks_go_back_is_one_day(given: Given) -> None:
    # New York goes from UTC-4 to UTC-5 on 2026-11-01 at 02:00.
    given.at("2026-11-03 00:00:00", "America/New_York")
    for instant in ("2026-11-01 03:59:59", "2026-11-01 04:00", "2026-11-02 04:59:59", "2026-11-02 05:00"):
        given.insert("conversations", {"direction": "inbound", "received_at": instant})
    assert given.rows("conversations_daily_30d", "day", "inbound")[-4:] == [
        ("2026-10-30", 0),
        ("2026-10-31", 1),
        ("2026-11-01", 2),
        ("2026-11-02", 1),
    ]
