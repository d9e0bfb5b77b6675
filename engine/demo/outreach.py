"""Writes the messages drafted for a site's contacts, and the state of each by now."""

from __future__ import annotations

from dataclasses import dataclass

from engine.demo import messages
from engine.demo.journey import Journey
from engine.demo.stamps import stamper
from engine.demo.timeline import DAY, HOUR, SENDING, Scene, Timeline
from engine.demo.vocabulary import SiteName, proposal_text, site_name, subject_line
from engine.demo.writer import Writer


@dataclass(frozen=True)
class _Channel:
    """How a contact method behaves: `failed` is a share of the tries, all others of what is sent."""

    name: str
    share: float
    failed: float
    bounced: float
    delivered: float
    delivery_s: float


_CHANNELS = (
    _Channel("email", 0.48, 0.02, 0.045, 0.9, 25),
    _Channel("form", 0.2, 0.13, 0.0, 0.3, 90),
    _Channel("sms", 0.15, 0.05, 0.0, 0.94, 12),
    _Channel("linkedin", 0.1, 0.09, 0.0, 0.72, 5 * HOUR),
    _Channel("x", 0.07, 0.07, 0.0, 0.66, 2 * HOUR),
)
_SHARES = [channel.share for channel in _CHANNELS]
_CONTACTS = range(1, 11)
_CONTACT_SHARES = (7, 10, 14, 16, 16, 13, 10, 7, 4, 3)


@dataclass(frozen=True)
class Sent:
    """A sent outreach, as the conversations need it."""

    outreach_id: int
    site_id: int
    channel: str
    sent_at: int
    arrived: bool


class Outreaches:
    """Adds rows to `outreaches`."""

    def __init__(self, scene: Scene, writer: Writer) -> None:
        self._scene = scene
        self._random = scene.random("outreaches")
        self._stamp = stamper(scene, self._random, 0.45)
        self._sending = Timeline(scene, SENDING, "journeys/sending")
        self._add = writer.rows("outreaches")
        self._last_id = 0

    def draft(self, site_id: int, journey: Journey, drafted_at: int) -> tuple[int, list[Sent]]:
        """Add the messages of one site; return how many there are, and those that were sent."""
        random = self._random
        count = random.choices(_CONTACTS, _CONTACT_SHARES)[0]
        first_sent = journey.entered("outreach_partial")
        all_sent = journey.entered("outreach_sent")
        if first_sent is not None:
            count = max(count, 2)
        name = site_name(site_id)
        tries = self._tries(count, drafted_at, first_sent, all_sent)
        sent = []
        for channel, tried_at in zip(random.choices(_CHANNELS, _SHARES, k=count), tries, strict=True):
            must_succeed = tried_at is not None and tried_at in (first_sent, all_sent)
            left = self._outreach(site_id, name, channel, drafted_at, tried_at, must_succeed=must_succeed)
            if left is not None:
                sent.append(left)
        return count, sent

    def _tries(self, count: int, drafted_at: int, first: int | None, last: int | None) -> list[int | None]:
        """Return when each message was tried, None if not yet; the journey sets the first and the last."""
        random, sending = self._random, self._sending
        if first is None:
            if last is None:
                return [None] * count
            return [max(drafted_at, last - 5 * before_last) for before_last in range(count - 1, -1, -1)]
        begin = sending.elapsed(first)
        if last is not None:
            end = sending.elapsed(last)
            between = sorted(begin + (end - begin) * random.random() for _ in range(count - 2))
            return [first, *(max(first, sending.at(hours) or last) for hours in between), last]
        tried = [first]
        for _ in range(random.randint(0, count - 2)):
            later = sending.after(tried[-1], random.expovariate(1 / 5))
            if later is None:
                break
            tried.append(later)
        return [*tried, *[None] * (count - len(tried))]

    def _outreach(
        self,
        site_id: int,
        name: SiteName,
        channel: _Channel,
        drafted_at: int,
        tried_at: int | None,
        *,
        must_succeed: bool,
    ) -> Sent | None:
        random, now = self._random, self._scene.now
        self._last_id += 1
        updated_at, sent_at, delivered_at = drafted_at, None, None
        status, error = "pending", None
        if tried_at is None:
            approved_at = drafted_at + int(random.lognormvariate(0.0, 0.8) * 9 * HOUR)
            if random.random() < 0.75 and approved_at < now:
                status, updated_at = "approved", approved_at
        elif not must_succeed and (random.random() < channel.failed or self._scene.in_outage(tried_at)):
            status, updated_at = "failed", tried_at
            error = messages.send_failure(random, name, channel.name)
        else:
            status, updated_at, sent_at = "sent", tried_at, tried_at
            outcome = random.random()
            settled_at = sent_at + 1 + int(random.lognormvariate(0.0, 0.9) * channel.delivery_s)
            if settled_at < min(now, sent_at + 3 * DAY):
                if outcome < channel.bounced:
                    status, updated_at, error = "bounced", settled_at, messages.bounce(random, name)
                elif outcome < channel.bounced + channel.delivered:
                    status, updated_at, delivered_at = "delivered", settled_at, settled_at
        stamp = self._stamp
        self._add(
            (
                self._last_id,
                site_id,
                channel.name,
                self._contact_uri(name, channel.name),
                status,
                subject_line(random, name) if channel.name == "email" else None,
                proposal_text(random, name),
                error,
                stamp(drafted_at),
                stamp(updated_at),
                None if sent_at is None else stamp(sent_at),
                None if delivered_at is None else stamp(delivered_at),
            )
        )
        if sent_at is None:
            return None
        return Sent(self._last_id, site_id, channel.name, sent_at, arrived=status != "bounced")

    def _contact_uri(self, name: SiteName, channel: str) -> str:
        random = self._random
        if channel == "email":
            return f"{random.choice(('info', 'hello', 'office', 'contact'))}@{name.domain}"
        if channel == "sms":
            return f"{name.dialing_code}{random.randint(200_000_000, 999_999_999)}"
        if channel == "form":
            return f"{name.landing_page_url}contact"
        if channel == "linkedin":
            return f"https://www.linkedin.com/company/{name.slug}"
        return f"https://x.com/{name.slug}"
