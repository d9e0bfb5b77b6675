"""The dashboard's own job: its key in the pipeline's tables, and the columns that hold it."""

from __future__ import annotations

TASK_KEY = "precomputeDashboard"

KEY_COLUMNS = {"cron_jobs": "task_key", "cron_job_logs": "job_name"}
"""Replica table in which some rows are the dashboard's own → the column that holds a job's key."""
