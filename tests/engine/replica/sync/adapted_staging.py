"""An adapted installation: staging with constants and expressions, and an engine process that uses them."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from engine.model.catalogue.sqlfile import SqlFile
from engine.model.catalogue.staging import StagedTable, parse_staged_table, staging
from engine.replica.process import serve_orders

_FILES: dict[str, tuple[dict[str, Any], str]] = {
    "llm_usage": (
        {"row": "one call", "key": "call_id", "sync": "append", "types": {"provider": "text"}},
        """select
            read_id(id) as call_id,
            read_id(site_id) as site_id,
            read_code(stage) as stage,
            null as provider,
            coalesce(read_label(model), 'none {}') as model,
            read_number(prompt_tokens) as prompt_tokens,
            coalesce(read_integer(completion_tokens), 0) as completion_tokens,
            (read_number(estimated_cost) * 2 - read_number(prompt_tokens)) / 100 as cost_usd,
            read_instant(created_at) as called_at
        from source.llm_usage""",
    ),
    "sites": (
        {"row": "one site", "key": "site_id", "sync": "incremental", "cursor": "updated_at"},
        """select
            read_id(id) as site_id,
            read_text(domain) as domain,
            coalesce(read_label(status), read_label(domain)) as stage,
            read_text(error_message) as error_message,
            coalesce(read_instant(created_at), read_instant(updated_at)) as created_at,
            read_instant(updated_at) as updated_at
        from source.sites""",
    ),
    "conversations": (
        {
            "row": "one message",
            "key": "message_id",
            "sync": "append",
            "mutable_where": ["direction = 'inbound' and (not is_read or sentiment = '')"],
            "final_when": ["read_at", "sentiment"],
        },
        """select
            read_id(id) as message_id,
            read_id(outreach_id) as outreach_id,
            read_label(direction) as direction,
            coalesce(read_label(sentiment), '') as sentiment,
            read_instant(received_at) as received_at,
            read_instant(read_at) as read_at,
            is_present(read_at) as is_read
        from source.conversations""",
    ),
    "cron_jobs": (
        {"row": "one job", "key": "job_id", "sync": "full"},
        """select
            read_id(id) as job_id,
            read_code(interval_value) as name,
            read_text(task_key) as task_key,
            -read_number(interval_value) / (1 + read_number(interval_value)) as interval_value,
            'hours' as interval_unit,
            true as enabled,
            read_flag(critical) as critical,
            read_instant(last_run_at) as last_run_at,
            read_instant(created_at) as created_at,
            read_instant(updated_at) as updated_at
        from source.cron_jobs""",
    ),
}


def adapted_tables() -> dict[str, StagedTable]:
    """Return the tables of the adapted files by name."""
    return {
        name: parse_staged_table(SqlFile(Path(f"{name}.sql"), header, select))
        for name, (header, select) in _FILES.items()
    }


def serve_adapted(pipe: Connection) -> None:
    """Serve orders as the engine process of an adapted installation."""
    staging().update(adapted_tables())
    serve_orders(pipe)
