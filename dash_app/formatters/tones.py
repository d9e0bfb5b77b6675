"""The tones of what pages show: each has a colour in the style sheets."""

from __future__ import annotations

GOOD, WARN, BAD = "good", "warn", "bad"
