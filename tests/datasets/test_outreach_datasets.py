"""Datasets of the outreach page."""

from __future__ import annotations

from tests.datasets.given import Given


def inbound(outreach_id: int | None, sentiment: str | None = None) -> dict[str, object]:
    """A reply to an outreach."""
    return {"outreach_id": outreach_id, "direction": "inbound", "sentiment": sentiment}


def test_the_funnel_of_nothing_has_five_steps(given: Given) -> None:
    assert given.rows("outreach_funnel") == [
        ("proposed", 0, None),
        ("approved", 0, None),
        ("sent", 0, None),
        ("delivered", 0, None),
        ("replied", 0, None),
    ]


def test_the_funnel_counts_each_step_and_its_rate(given: Given) -> None:
    statuses = ["pending", "pending", "approved", "failed", "sent", "sent", "delivered", "bounced"]
    given.insert("outreaches", *[{"status": status} for status in statuses])
    given.insert("conversations", inbound(5), inbound(5), inbound(8))
    assert given.rows("outreach_funnel") == [
        ("proposed", 8, None),
        ("approved", 6, 0.75),
        ("sent", 4, 4 / 6),
        ("delivered", 1, 0.25),
        ("replied", 2, 2.0),
    ]


def test_a_readable_stamp_alone_makes_an_outreach_sent_or_delivered(given: Given) -> None:
    given.insert(
        "outreaches",
        {"status": "pending", "sent_at": "2026-11-01"},
        {"status": None, "sent_at": "2026-11-01"},
        {"status": "failed", "delivered_at": "2026-11-01"},
        {"status": "failed", "sent_at": "2027-01-01"},
    )
    assert dict(given.rows("outreach_funnel", "stage", "outreaches")) == {
        "proposed": 4,
        "approved": 3,
        "sent": 3,
        "delivered": 1,
        "replied": 0,
    }


def test_an_unreadable_status_is_other_than_pending(given: Given) -> None:
    given.insert("outreaches", {"status": None})
    assert given.rows("outreach_funnel", "outreaches")[:3] == [(1,), (1,), (0,)]


def test_only_an_inbound_message_to_a_sent_outreach_is_a_reply(given: Given) -> None:
    given.insert("outreaches", *[{"outreach_id": key, "status": "sent"} for key in (1, 2, 3)])
    given.insert("outreaches", {"outreach_id": 4, "status": "approved"})
    given.insert("conversations", {"outreach_id": 1, "direction": "outbound"}, inbound(3))
    given.insert("conversations", inbound(4), inbound(99), inbound(None), {"outreach_id": 2})
    assert given.rows("outreach_funnel", "stage", "outreaches")[-1] == ("replied", 1)


def test_response_rates_by_channel(given: Given) -> None:
    for channel in ("email", "email", "email", "email", "sms"):
        given.insert("outreaches", {"channel": channel, "status": "sent"})
    given.insert("outreaches", {"channel": "sms", "status": "delivered"})
    given.insert("outreaches", {"channel": "form", "status": "pending"})
    given.insert("conversations", inbound(1, "neutral"), inbound(1, "positive"), inbound(2), inbound(3, "x"))
    given.insert("conversations", inbound(6, "positive"), inbound(7, "positive"))
    given.insert("conversations", {"outreach_id": 4, "direction": "outbound", "sentiment": "positive"})
    assert given.rows("response_rates") == [
        ("email", 4, 0, 3, 0.75, 1, 0.25),
        ("sms", 2, 1, 1, 0.5, 1, 0.5),
        ("form", 0, 0, 0, None, 0, None),
    ]


def test_response_rates_count_deliveries_of_sent_outreaches_only(given: Given) -> None:
    given.insert("outreaches", {"channel": "x", "status": "failed", "delivered_at": "2026-11-01"})
    given.insert("outreaches", {"channel": "x", "status": "bounced", "delivered_at": "2026-11-01"})
    assert given.rows("response_rates", "channel", "sent", "delivered") == [("x", 1, 1)]


def test_channels_that_sent_alike_come_by_name_and_the_unreadable_last(given: Given) -> None:
    for channel in (None, "sms", "email", "X"):
        given.insert("outreaches", {"channel": channel, "status": "sent"})
    assert [channel for channel, *_ in given.rows("response_rates")] == ["X", "email", "sms", None]


def test_daily_outreaches_have_every_day_of_every_channel_seen(given: Given) -> None:
    given.insert("outreaches", {"channel": "sms", "sent_at": "2026-11-23 19:00"})
    given.insert("outreaches", {"channel": "email", "sent_at": "2026-10-25 00:00"})
    given.insert("outreaches", {"channel": None, "sent_at": "2026-11-22 12:00", "status": "failed"})
    given.insert("outreaches", {"channel": "linkedin", "sent_at": "2026-10-24 23:59:59"})
    given.insert("outreaches", {"channel": "form", "sent_at": "2026-11-23 20:00:01"})
    given.insert("outreaches", {"channel": "x", "status": "sent"})
    rows = given.rows("outreach_daily_30d")
    assert len(rows) == 90
    assert rows[:4] == [
        ("2026-10-25", "email", 1),
        ("2026-10-25", "sms", 0),
        ("2026-10-25", None, 0),
        ("2026-10-26", "email", 0),
    ]
    assert [row for row in rows if row[2]] == [
        ("2026-10-25", "email", 1),
        ("2026-11-22", None, 1),
        ("2026-11-23", "sms", 1),
    ]


def test_daily_outreaches_of_nothing_have_no_row(given: Given) -> None:
    assert given.value("outreach_daily_30d") == {"day": [], "channel": [], "sent": []}


def test_days_begin_at_local_midnight_across_the_change_to_summer_time(given: Given) -> None:
    # Adelaide goes from UTC+9:30 to UTC+10:30 on 2026-10-04 at 02:00.
    given.at("2026-10-06 00:00:00", "Australia/Adelaide")
    for instant in (
        "2026-10-03 14:29:59",
        "2026-10-03 14:30:00",
        "2026-10-04 13:29:59",
        "2026-10-04 13:30:00",
    ):
        given.insert("outreaches", {"channel": "email", "sent_at": instant})
    rows = given.rows("outreach_daily_30d", "day", "sent")
    assert rows[-4:] == [("2026-10-03", 1), ("2026-10-04", 2), ("2026-10-05", 1), ("2026-10-06", 0)]
    assert len({day for day, _ in rows}) == 30
