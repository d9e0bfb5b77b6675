"""Writes the calls of language models that the pipeline's work causes, with tokens and costs."""

from __future__ import annotations

from dataclasses import dataclass

from engine.demo.stamps import stamper
from engine.demo.timeline import Scene
from engine.demo.writer import Writer


@dataclass(frozen=True)
class _Model:
    """A model and its price in US dollars per million tokens."""

    provider: str
    name: str
    prompt_usd: float
    completion_usd: float


_FLASH = _Model("google", "gemini-2.0-flash", 0.10, 0.40)
_MINI = _Model("openai", "gpt-4o-mini", 0.15, 0.60)
_GPT = _Model("openai", "gpt-4.1", 2.00, 8.00)
_HAIKU = _Model("anthropic", "claude-3-5-haiku", 0.80, 4.00)
_SONNET = _Model("anthropic", "claude-sonnet-4", 3.00, 15.00)


@dataclass(frozen=True)
class _Work:
    """What one kind of call costs: typical tokens, and the models with their cumulative shares."""

    prompt_tokens: int
    completion_tokens: int
    models: tuple[tuple[float, _Model], ...]


_WORK = {
    "scoring": _Work(5200, 420, ((0.82, _FLASH), (1.0, _MINI))),
    "rescoring": _Work(7400, 510, ((0.9, _MINI), (1.0, _FLASH))),
    "enrichment": _Work(3600, 260, ((0.6, _MINI), (1.0, _FLASH))),
    "proposals": _Work(2900, 640, ((0.8, _HAIKU), (1.0, _GPT))),
    "replies": _Work(1800, 230, ((1.0, _HAIKU),)),
}
# Three weeks ago proposals move to a better and more expensive model.
_PROPOSALS_AFTER_CHANGE = _Work(3100, 700, ((0.85, _SONNET), (1.0, _HAIKU)))


class LlmUsage:
    """Adds rows to `llm_usage`."""

    def __init__(self, scene: Scene, writer: Writer) -> None:
        self._scene = scene
        self._random = scene.random("llm")
        self._stamp = stamper(scene, self._random, 0.55)
        self._add = writer.rows("llm_usage")

    def calls(self, stage: str, site_id: int, at: int, count: int) -> None:
        """Add calls that have all ended at an instant, the last one just before it."""
        random = self._random
        work = _WORK[stage]
        if stage == "proposals" and at >= self._scene.model_change:
            work = _PROPOSALS_AFTER_CHANGE
        for remaining in range(count, 0, -1):
            drawn = random.random()
            model = next(model for share, model in work.models if drawn < share)
            prompt_tokens = int(work.prompt_tokens * random.lognormvariate(0.0, 0.35))
            completion_tokens = int(work.completion_tokens * random.lognormvariate(0.0, 0.4))
            cost_usd = (prompt_tokens * model.prompt_usd + completion_tokens * model.completion_usd) / 1e6
            self._add(
                (
                    None,
                    site_id,
                    stage,
                    model.provider,
                    model.name,
                    prompt_tokens,
                    completion_tokens,
                    round(cost_usd, 8),
                    f"req_{random.getrandbits(96):024x}" if drawn > 0.01 else None,
                    self._stamp(max(self._scene.start, at - int(remaining * (3 + 8 * random.random())))),
                )
            )
