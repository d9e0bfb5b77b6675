/*
row = "the calls of one model by one stage within one quarter of an hour; a call with a large value alone"
kind = "aggregate"
reads = [
    "llm_usage.stage", "llm_usage.provider", "llm_usage.model", "llm_usage.prompt_tokens",
    "llm_usage.completion_tokens", "llm_usage.cost_usd", "llm_usage.called_at",
]
count = "calls"
sums = ["prompt_tokens", "completion_tokens", "cost_usd"]
time = "called_at"
outlier_key = "outlier_id"
*/
select
    quarter(called_at) as called_at,
    stage,
    provider,
    model,
    small(prompt_tokens) as prompt_tokens,
    small(completion_tokens) as completion_tokens,
    small(cost_usd) as cost_usd,
    large(prompt_tokens) as large_prompt_tokens,
    large(completion_tokens) as large_completion_tokens,
    large(cost_usd) as large_cost_usd,
    case
        when greatest(abs(prompt_tokens), abs(completion_tokens), abs(cost_usd)) >= 1e9
            then coalesce(source_rowid, 0)
    end as outlier_id
from llm_usage
where called_at is not null
