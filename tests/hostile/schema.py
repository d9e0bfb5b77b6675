"""Owns the tables of a hostile database: the source's names, with declared types it cannot rely on."""

from __future__ import annotations

import random

TABLES: dict[str, dict[str, str]] = {
    "sites": {
        "domain": "TEXT",
        "landing_page_url": "TEXT",
        "keyword": "TEXT",
        "country_code": "TEXT",
        "html_dom": "TEXT",
        "status": "TEXT",
        "score": "REAL",
        "grade": "TEXT",
        "http_status_code": "INTEGER",
        "error_message": "TEXT",
        "retry_count": "INTEGER",
        "created_at": "DATETIME",
        "updated_at": "DATETIME",
    },
    "site_status": {"site_id": "INTEGER", "status": "TEXT", "created_at": "DATETIME"},
    "outreaches": {
        "site_id": "INTEGER",
        "contact_method": "TEXT",
        "contact_uri": "TEXT",
        "status": "TEXT",
        "subject_line": "TEXT",
        "proposal_text": "TEXT",
        "error_message": "TEXT",
        "created_at": "DATETIME",
        "updated_at": "DATETIME",
        "sent_at": "DATETIME",
        "delivered_at": "DATETIME",
    },
    "conversations": {
        "outreach_id": "INTEGER",
        "direction": "TEXT",
        "channel": "TEXT",
        "sentiment": "TEXT",
        "message_body": "TEXT",
        "received_at": "DATETIME",
        "read_at": "DATETIME",
    },
    "llm_usage": {
        "site_id": "INTEGER",
        "stage": "TEXT",
        "provider": "TEXT",
        "model": "TEXT",
        "prompt_tokens": "INTEGER",
        "completion_tokens": "INTEGER",
        "estimated_cost": "REAL",
        "request_id": "TEXT",
        "created_at": "DATETIME",
    },
    "http_errors": {
        "site_id": "INTEGER",
        "status_code": "INTEGER",
        "url": "TEXT",
        "message": "TEXT",
        "occurred_at": "DATETIME",
    },
    "cron_jobs": {
        "name": "TEXT",
        "task_key": "TEXT UNIQUE",
        "description": "TEXT",
        "handler_type": "TEXT",
        "handler_value": "TEXT",
        "interval_value": "INTEGER",
        "interval_unit": "TEXT",
        "enabled": "INTEGER",
        "critical": "INTEGER",
        "last_run_at": "DATETIME",
        "created_at": "DATETIME",
        "updated_at": "DATETIME",
    },
    "cron_job_logs": {
        "job_name": "TEXT",
        "status": "TEXT",
        "started_at": "DATETIME",
        "finished_at": "DATETIME",
        "summary": "TEXT",
        "error_message": "TEXT",
        "items_processed": "INTEGER",
        "items_failed": "INTEGER",
    },
    "system_metrics": {
        "cpu_percent": "REAL",
        "memory_percent": "REAL",
        "disk_percent": "REAL",
        "recorded_at": "DATETIME",
    },
}
"""Columns beside `id`, with the types the real database declares; none is NOT NULL here."""

INDEXES = {
    "sites": ("status", "updated_at"),
    "site_status": ("created_at",),
    "outreaches": ("status", "updated_at"),
    "conversations": ("received_at",),
    "llm_usage": ("created_at",),
    "http_errors": ("occurred_at",),
    "cron_job_logs": ("started_at",),
    "system_metrics": ("recorded_at",),
}

_OTHER_TYPES = ("", "", "", "TEXT", "BLOB", "NUMERIC", "REAL", "INTEGER")


def create_statements(rng: random.Random, without: tuple[str, ...]) -> list[str]:
    """The statements that make all tables but those `without`, and one that is no source table.

    Half of the databases declare what the real one does. In the other half two columns in five have another
    type or none, so that other storage classes survive in them. Task keys are unique in both.
    """
    as_declared = rng.random() < 0.5
    statements = ["create table unrelated (id integer primary key, created_at datetime)"]
    for table, columns in TABLES.items():
        declared = ["id INTEGER PRIMARY KEY AUTOINCREMENT"]
        for name, usual in columns.items():
            other = rng.choice(_OTHER_TYPES)
            changed = not as_declared and rng.random() < 0.4 and name != "task_key"
            declared.append(f"{name} {other if changed else usual}")
        if table not in without:
            statements.append(f"create table {table} ({', '.join(declared)})")
            statements += [f"create index idx_{table}_{c} on {table}({c})" for c in INDEXES.get(table, ())]
    return statements
