/*
row = "the calls of one model by one stage within one quarter of an hour; a call with a large value alone"
kind = "tally"
reads = [
    "llm_usage.stage", "llm_usage.provider", "llm_usage.model", "llm_usage.prompt_tokens",
    "llm_usage.completion_tokens", "llm_usage.cost_usd", "llm_usage.called_at",
]
sums = ["calls", "prompt_tokens", "completion_tokens", "cost_usd"]
time = "called_at"
apart = "apart"
*/
select
    quarter(called_at) as called_at,
    stage,
    provider,
    model,
    count(*) as calls,
    small_sum(prompt_tokens) as prompt_tokens,
    small_sum(completion_tokens) as completion_tokens,
    small_sum(cost_usd) as cost_usd,
    large_values(prompt_tokens) as large_prompt_tokens,
    large_values(completion_tokens) as large_completion_tokens,
    large_values(cost_usd) as large_cost_usd,
    case
        when is_large(prompt_tokens) or is_large(completion_tokens) or is_large(cost_usd) then source_rowid
    end as apart
from llm_usage
where called_at is not null
group by all
