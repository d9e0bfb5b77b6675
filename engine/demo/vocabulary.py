"""Holds the words of the demo: names, pages, proposals and answers. A site's name follows from its id."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

_FIRST = (  # noqa: SIM905
    "acme apex ash aspen beacon birch blue bright bridge cedar city clear coast crown delta eagle east elm"
    " ever first fox golden green harbor hill iron ivy kings lake link lion maple metro mill nova north oak"
    " pacific park peak pine prime pro rapid red ridge river rock rose royal sage silver south star stone"
    " sun swift terra trust union urban valley vista west"
).split()
_SECOND = (  # noqa: SIM905
    "and bros care co craft direct edge fix group hub line masters partners point pros team works zone"
).split()
_TRADES = (  # noqa: SIM905
    "accountants appliances bakery builders cafe carpentry chiro cleaning concrete dental drainage"
    " electrical fencing fitness flooring florist gardens glazing heating hvac joinery kitchens landscaping"
    " law locksmith massage mechanics movers optical painting paving pest physio plumbing pools"
    " realty removals roofing salon security solar storage tiling towing trees tutors vets windows"
).split()
_PLACES = (
    ("US", "com", "+1", ("austin", "boise", "denver", "columbus", "tampa", "portland")),
    ("GB", "co.uk", "+44", ("leeds", "bristol", "cardiff", "york", "derby")),
    ("AU", "com.au", "+61", ("sydney", "perth", "geelong", "hobart", "newcastle")),
    ("US", "net", "+1", ("omaha", "reno", "tulsa", "raleigh")),
    ("CA", "ca", "+1", ("calgary", "ottawa", "halifax", "victoria")),
    ("NZ", "co.nz", "+64", ("auckland", "nelson", "dunedin")),
    ("IE", "ie", "+353", ("dublin", "cork", "galway")),
)
_NAMES = len(_FIRST) * len(_SECOND) * len(_TRADES)
_STRIDE = 40_009  # prime, so that consecutive ids get unlike names and none returns before all are used


@dataclass(frozen=True)
class SiteName:
    """A site's name and place; each id has its own `domain`."""

    domain: str
    slug: str
    trade: str
    city: str
    country_code: str
    dialing_code: str

    @property
    def landing_page_url(self) -> str:
        return f"https://www.{self.domain}/"

    @property
    def keyword(self) -> str:
        return f"{self.trade} {self.city}"


def site_name(site_id: int) -> SiteName:
    """Return the name of a site, which is always the same."""
    lap = site_id // _NAMES
    number = site_id * _STRIDE % _NAMES
    number, trade = divmod(number, len(_TRADES))
    first, second = divmod(number, len(_SECOND))
    country_code, tld, dialing_code, cities = _PLACES[site_id * 7919 % 1009 % len(_PLACES)]
    slug = f"{_FIRST[first]}{_SECOND[second]}{_TRADES[trade]}{lap or ''}"
    return SiteName(
        f"{slug}.{tld}", slug, _TRADES[trade], cities[site_id * 31 % len(cities)], country_code, dialing_code
    )


_SECTIONS = (
    '<section class="hero"><h1>Family owned since 1987</h1><p>Call us for a free quote.</p></section>',
    '<ul class="services"><li>Repairs</li><li>Installation</li><li>Emergencies</li><li>Inspections</li></ul>',
    '<div class="testimonial"><blockquote>Quick, tidy and fair.</blockquote><cite>J. M.</cite></div>',
    '<form action="/contact" method="post"><input name="name"><input name="email">'
    '<textarea name="text"></textarea><button>Send</button></form>',
    '<div class="gallery"><img src="/img/1.jpg" alt=""><img src="/img/2.jpg" alt="">'
    '<img src="/img/3.jpg" alt=""></div>',
    '<table class="hours"><tr><td>Mon-Fri</td><td>8-17</td></tr><tr><td>Sat</td><td>9-12</td></tr></table>',
    "<p>We serve homes and businesses across the region with licensed and friendly professionals.</p>",
)


class Pages:
    """Makes captured pages of one to three kB cheaply: a site's own head above one of 64 ready bodies."""

    def __init__(self, random: Random) -> None:
        self._bodies = [
            "<body>" + "".join(random.choices(_SECTIONS, k=random.randint(6, 20))) + "</body></html>"
            for _ in range(64)
        ]

    def page(self, site_id: int, name: SiteName) -> str:
        return (
            "<!doctype html><html><head>"
            f"<title>{name.trade.title()} in {name.city.title()} | {name.slug}</title>"
            f'<link rel="canonical" href="{name.landing_page_url}"></head>{self._bodies[site_id % 64]}'
        )


_SUBJECTS = (
    "A quick idea for {domain}",
    "Three things we noticed on {domain}",
    "More {trade} customers in {city}",
    "Your site on a phone",
    "Question about {domain}",
)
_OPENINGS = (
    "Hi, we had a look at {domain} while comparing {trade} in {city}.",
    "Hello, {domain} came up when we searched for {trade} in {city}.",
    "Hi there, a short note about {domain}.",
)
_FINDINGS = (
    "The page takes over four seconds to show its first text on a phone; half of the visitors leave.",
    "The phone number cannot be tapped, so a visitor on a phone has to remember it.",
    "There is no call to action above the fold, although the reviews below it are excellent.",
    "Your opening hours differ between the page and the map listing.",
    "The contact form asks for eleven fields; three are enough for a first enquiry.",
)
_CLOSINGS = (
    "We can fix this within a week. Shall I send the details?",
    "Would a short call this week be of use?",
    "Reply with yes and you get our full review, free of charge.",
)


def subject_line(random: Random, name: SiteName) -> str:
    return random.choice(_SUBJECTS).format(domain=name.domain, trade=name.trade, city=name.city.title())


def proposal_text(random: Random, name: SiteName) -> str:
    opening = random.choice(_OPENINGS).format(domain=name.domain, trade=name.trade, city=name.city.title())
    return f"{opening} {random.choice(_FINDINGS)} {random.choice(_CLOSINGS)}"


INBOUND_TEXTS: dict[str | None, tuple[str, ...]] = {
    "positive": (
        "Yes please, send me the details.",
        "Sounds good, can you call me on Thursday?",
        "We have been meaning to do this. What does it cost?",
        "Great timing. Let's talk next week.",
    ),
    "neutral": (
        "Who am I speaking to?",
        "I have passed this on to our manager.",
        "Can you send that again with some examples?",
        "We are away until Monday and will read this then.",
    ),
    "objection": (
        "We already have someone for the website.",
        "No budget for this until next year.",
        "It works well enough for us as it is.",
        "How did you get this address?",
    ),
    "negative": (
        "Not interested.",
        "Please take us off your list.",
        "Stop writing to us.",
    ),
    None: ("Thank you for your message, we will answer within two working days.", "👍", "?"),
}
OUTBOUND_TEXTS = (
    "Thank you for the answer. The review is attached; shall we talk on Thursday?",
    "Happy to. The first step takes a week and has a fixed price.",
    "Understood, thank you for telling us. We will not write again.",
    "I work with small firms in your area. Here are two sites we did last month.",
)
