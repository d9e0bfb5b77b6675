"""The dashboard's own job: the key it goes by in the pipeline's tables, and where these tables hold it."""

from __future__ import annotations

TASK_KEY = "precomputeDashboard"

KEY_COLUMNS = {"cron_jobs": "task_key", "cron_job_logs": "job_name"}
"""Replica tables of which some rows are the dashboard's own → the replica column that holds a job's key."""
