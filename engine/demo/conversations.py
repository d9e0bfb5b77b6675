"""Writes the answers to sent messages, the pipeline's answers to them, and when each was read."""

from __future__ import annotations

from dataclasses import dataclass

from engine.demo.llm import LlmUsage
from engine.demo.outreach import Sent
from engine.demo.stamps import stamper
from engine.demo.timeline import DAY, HOUR, REPLYING, SENDING, Scene, Timeline
from engine.demo.vocabulary import INBOUND_TEXTS, OUTBOUND_TEXTS
from engine.demo.writer import Writer

# By channel: the share of messages that is answered, and the typical wait in active hours.
_ANSWERED = {"email": 0.13, "form": 0.1, "sms": 0.25, "linkedin": 0.21, "x": 0.09}
_WAIT_ACTIVE_HOURS = {"email": 5.5, "form": 13.0, "sms": 0.7, "linkedin": 18.0, "x": 9.0}
_SIGMA = 1.25

_SENTIMENTS: tuple[str | None, ...] = ("positive", "neutral", "objection", "negative", None)
_FIRST_SHARES = (27, 35, 21, 12, 5)
_LATER_SHARES = (46, 36, 10, 4, 4)
_ANSWERED_BACK: dict[str | None, float] = {
    "positive": 0.997,
    "neutral": 0.99,
    "objection": 0.985,
    "negative": 0.12,
    None: 0.97,
}
_GOES_ON = 0.6
_BACK_ACTIVE_HOURS = 2.0


@dataclass(frozen=True)
class Message:
    """A message of a thread, before it is written."""

    at: int
    outreach_id: int
    site_id: int
    channel: str
    inbound: bool
    sentiment: str | None


class Conversations:
    """Draws threads, and adds their messages to `conversations` in the hour of each message."""

    def __init__(self, scene: Scene, writer: Writer, llm: LlmUsage) -> None:
        self._scene = scene
        self._random = scene.random("conversations")
        self._stamp = stamper(scene, self._random, 0.3)
        self._replying = Timeline(scene, REPLYING, "conversations/replying")
        self._working = Timeline(scene, SENDING, "conversations/working")
        self._llm = llm
        self._add = writer.rows("conversations")

    def thread(self, sent: Sent) -> list[Message]:
        """Return the messages that an outreach led to before now; mostly none."""
        random = self._random
        if not sent.arrived or random.random() >= _ANSWERED[sent.channel]:
            return []
        thread: list[Message] = []
        wait, shares = _WAIT_ACTIVE_HOURS[sent.channel], _FIRST_SHARES
        at: int | None = sent.sent_at
        while at is not None:
            at = self._replying.after(at, wait * random.lognormvariate(0.0, _SIGMA))
            if at is None:
                break
            sentiment = random.choices(_SENTIMENTS, shares)[0]
            thread.append(Message(at, sent.outreach_id, sent.site_id, sent.channel, True, sentiment))
            if random.random() >= _ANSWERED_BACK[sentiment]:
                break
            at = self._working.after(at, _BACK_ACTIVE_HOURS * random.lognormvariate(0.0, 0.8))
            if at is None:
                break
            thread.append(Message(at, sent.outreach_id, sent.site_id, sent.channel, False, None))
            if random.random() >= _GOES_ON:
                break
            wait, shares = wait * 0.7, _LATER_SHARES
        return thread

    def write(self, message: Message) -> None:
        """Add one message, and for an inbound one the model's call that reads it and drafts an answer."""
        random = self._random
        read_at = self._read_at(message) if message.inbound else None
        texts = INBOUND_TEXTS[message.sentiment] if message.inbound else OUTBOUND_TEXTS
        self._add(
            (
                None,
                message.outreach_id,
                "inbound" if message.inbound else "outbound",
                message.channel,
                message.sentiment,
                random.choice(texts),
                self._stamp(message.at),
                None if read_at is None else self._stamp(read_at),
            )
        )
        if message.inbound:
            self._llm.calls("replies", message.site_id, message.at, 1)

    def _read_at(self, message: Message) -> int | None:
        """Return when somebody read an inbound message; None if nobody has yet."""
        random, now = self._random, self._scene.now
        age = now - message.at
        forgotten = 0.25 if age < DAY else 0.08 if age < 3 * DAY else 0.012
        if random.random() < forgotten:
            return None
        read_at = message.at + int(random.lognormvariate(0.0, 1.0) * 1.5 * HOUR)
        return read_at if read_at < now else None
