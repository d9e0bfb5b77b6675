"""Writes sites and all that follows from them, hour by hour: ids follow time, and memory stays bounded.

What is still to come is kept per site or thread, as a few small objects, until its hour is reached;
only the sites under way are held, however many the database has.
"""

from __future__ import annotations

from collections import defaultdict
from operator import attrgetter, itemgetter

from engine.demo import messages
from engine.demo.conversations import Conversations, Message
from engine.demo.journey import Journey, Journeys
from engine.demo.llm import LlmUsage
from engine.demo.outreach import Outreaches
from engine.demo.stamps import stamper
from engine.demo.timeline import MACHINE, Scene, Timeline
from engine.demo.vocabulary import Pages, site_name
from engine.demo.writer import Writer
from engine.model.catalogue.words import STAGES

_SITES_AT_SCALE_1 = 20_000

_GRADES = ((93, "A+"), (86, "A"), (78, "B"), (68, "C"), (57, "D"), (0, "F"))
_CAPTURE_ERROR_CODES = (403, 404, 500, 503, None)


def sites_of(scene: Scene) -> int:
    """Return how many sites a database of a scene has, at least one."""
    return max(1, round(_SITES_AT_SCALE_1 * scene.volume))


def finding_timeline(scene: Scene) -> Timeline:
    """Return the rhythm in which sites are found and get their ids."""
    return Timeline(scene, MACHINE, "finding", growth=True, during_outage=0.06)


def write_pipeline(scene: Scene, writer: Writer) -> None:
    """Writes sites, site_status, outreaches, conversations and llm_usage."""
    finding = finding_timeline(scene)
    journeys = Journeys(scene)
    llm = LlmUsage(scene, writer)
    outreaches = Outreaches(scene, writer)
    conversations = Conversations(scene, writer, llm)
    sites = _Sites(scene, writer)
    entries: defaultdict[int, list[tuple[int, int, str, Journey]]] = defaultdict(list)
    threads: defaultdict[int, list[Message]] = defaultdict(list)
    random = scene.random("pipeline")
    stamp = stamper(scene, random, 0.4)
    add_status = writer.rows("site_status")
    site_id = 0
    for slot, found in enumerate(finding.spread(sites_of(scene), random)):
        for found_at in found:
            site_id += 1
            journey = journeys.draw(found_at)
            sites.write(site_id, journey)
            for at, status in journey.entries:
                entries[finding.slot(at)].append((at, site_id, status, journey))
        for at, entered_by, status, journey in sorted(entries.pop(slot, ()), key=itemgetter(0)):
            add_status((None, entered_by, status, stamp(at)))
            if status == "scored":
                llm.calls("scoring", entered_by, at, 2 if random.random() < 0.12 else 1)
            elif status == "rescored":
                llm.calls("rescoring", entered_by, at, 1)
            elif status == "enriched":
                llm.calls("enrichment", entered_by, at, random.randint(1, 3))
            elif status == "proposals_drafted":
                drafted, sent = outreaches.draft(entered_by, journey, at)
                llm.calls("proposals", entered_by, at, (drafted + 1) // 2)
                for one in sent:
                    for message in conversations.thread(one):
                        threads[finding.slot(message.at)].append(message)
        for message in sorted(threads.pop(slot, ()), key=attrgetter("at")):
            conversations.write(message)
        writer.flush()


class _Sites:
    """Add rows to `sites`, each in the last state of its journey."""

    def __init__(self, scene: Scene, writer: Writer) -> None:
        self._random = scene.random("sites")
        self._stamp = stamper(scene, self._random, 0.35)
        self._pages = Pages(self._random)
        self._add = writer.rows("sites")

    def write(self, site_id: int, journey: Journey) -> None:
        random = self._random
        name = site_name(site_id)
        reached = {status for _, status in journey.entries}
        captured = "assets_captured" in reached
        score = grade = error = None
        code: int | None = 200 if captured else None
        if "scored" in reached:
            # A good site needs no help, so a site that is excluded after the scoring has a high score.
            score = random.gauss(84, 6) if journey.status == "excluded" else random.gauss(58, 13)
            score = round(min(99.0, max(4.0, score)), 1)
            grade = next(letter for least, letter in _GRADES if score >= least)
        if journey.blocked_stage is not None:
            error = messages.site_failure(random, name, journey.blocked_stage, in_outage=journey.in_outage)
            if journey.blocked_stage == STAGES[1]:
                code = random.choice(_CAPTURE_ERROR_CODES)
        self._add(
            (
                site_id,
                name.domain,
                name.landing_page_url,
                name.keyword,
                name.country_code,
                self._pages.page(site_id, name) if captured else None,
                journey.status,
                score,
                grade,
                code,
                error,
                journey.retries,
                self._stamp(journey.entries[0][0]),
                self._stamp(journey.entries[-1][0]),
            )
        )
