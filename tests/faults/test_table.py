"""Every fault that the dashboard is to outlive, and the test that makes it happen."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

FAULTS = {
    "workers on one cache in PostgreSQL killed again and again": (
        "faults/test_postgres_store.py",
        "test_workers_that_are_killed_leave_whole_runs_alone",
    ),
    "holder of the run lock in PostgreSQL killed": (
        "engine/test_store_in_postgres.py",
        "test_a_holder_that_is_killed_lets_go",
    ),
    "session of the run lock ended, and another run begun": (
        "engine/test_store_in_postgres.py",
        "test_a_run_that_has_lost_its_lock_to_another_is_refused",
    ),
    "answer to a run's commit lost": (
        "engine/test_store_in_postgres.py",
        "test_a_run_whose_commit_was_not_answered_is_stored_once",
    ),
    "all sessions on PostgreSQL ended in mid-run": (
        "engine/test_store_in_postgres.py",
        "test_a_run_during_which_all_sessions_end_is_stored",
    ),
    "PostgreSQL crashed in mid-run": (
        "engine/test_store_in_postgres.py",
        "test_a_server_that_is_away_fails_a_run_with_its_cause_and_nothing_half_written",
    ),
    "PostgreSQL restarted in mid-run": (
        "engine/test_store_in_postgres.py",
        "test_a_run_during_which_the_server_restarts_waits_for_it_and_is_stored",
    ),
    "PostgreSQL away while pages are read": (
        "engine/store/test_postgres_version.py",
        "test_pages_keep_the_last_values_while_the_server_is_away_and_heal",
    ),
    "pooler that swallows notifications and shares sessions": (
        "engine/test_pooler.py",
        "test_a_run_is_stored_once_and_seen_by_another_process_and_its_lock_is_free_afterwards",
    ),
    "disk of PostgreSQL full": (
        "engine/test_store_in_postgres.py",
        "test_the_full_disk_of_a_server_is_named_and_nothing_is_half_written",
    ),
    "database of the cache replaced by an older backup": (
        "engine/test_store_in_postgres.py",
        "test_an_older_backup_of_the_cache_is_shown_and_the_next_run_goes_on_from_it",
    ),
    "connection that hears of changes frozen": (
        "engine/store/test_postgres_version.py",
        "test_a_listener_that_is_frozen_is_replaced",
    ),
    "connection that hears of anything ended or frozen": (
        "engine/postgres/test_listener.py",
        "test_a_connection_that_is_lost_is_made_again_and_all_have_a_turn",
    ),
    "worker killed while web processes wait for it": (
        "engine/runs/worker/test_worker.py", "test_the_requests_of_a_worker_that_died_are_another_workers",
    ),
    "engine process killed in mid-run": (
        "engine/runs/test_engine_process.py", "test_killed_in_mid_run_it_costs_that_run_alone",
    ),
    "engine process killed at any moment of a build, a sync, an audit": (
        "histories/test_broken_replicas.py", "test_a_kill_at_any_moment_leaves_what_the_next_run_makes_whole",
    ),
    "server killed, engine process orphaned": (
        "engine/runs/test_two_libraries.py", "test_the_engine_process_ends_when_its_parent_is_killed",
    ),
    "server killed again and again": (
        "faults/test_processes.py",
        "test_a_server_that_is_killed_again_and_again_leaves_a_sound_file_and_the_next_one_serves",
    ),
    "holder of the run lock killed": (
        "engine/runs/test_one_at_a_time.py", "test_the_lock_of_a_runner_that_was_killed_is_free",
    ),
    "pipeline killed in a transaction": (
        "faults/test_processes.py",
        "test_what_a_pipeline_had_not_committed_when_it_was_killed_is_nowhere",
    ),
    "disk of the replica full": (
        "engine/runs/test_folders.py", "test_a_full_state_folder_is_named_and_the_replica_stays",
    ),
    "disk of the source, and so of the cache, full": (
        "engine/runs/test_folders.py", "test_a_full_folder_of_the_source_is_named",
    ),
    "disk full before a run": (
        "engine/runs/test_readiness.py", "test_a_full_disk_is_noticed_before_a_run_meets_it",
    ),
    "source locked for a while": (
        "engine/runs/test_locked_database.py",
        "test_a_run_waits_for_a_writer_that_is_longer_at_work_than_one_attempt",
    ),
    "source locked for good": (
        "engine/cli/test_bad_sources.py", "test_a_locked_database_is_given_up_in_one_line",
    ),
    "source truncated": (
        "faults/test_source.py",
        "test_a_truncated_source_is_named_and_not_written_to_and_a_sound_one_goes_on",
    ),
    "source damaged": (
        "engine/test_write_ahead_log.py", "test_a_damaged_file_is_not_written_to_and_every_read_says_why",
    ),
    "source damaged, found by the quick check": (
        "engine/runs/test_limits.py", "test_damage_is_found_by_the_quick_check_and_shown",
    ),
    "source gone": (
        "browser/test_live.py", "test_a_source_that_cannot_be_read_leaves_the_values_and_says_why",
    ),
    "source replaced": (
        "engine/test_write_ahead_log.py",
        "test_a_file_moved_in_while_released_is_whole_and_is_written_to_after_its_check",
    ),
    "source replaced by a backup under a server": (
        "engine/replica/sync/test_restored_backup.py",
        "test_a_backup_restored_while_a_server_runs_is_shown_by_its_next_run",
    ),
    "view of the source without end": (
        "engine/runs/test_child.py",
        "test_a_view_without_end_costs_its_own_datasets_and_a_full_refresh_tries_it_again",
    ),
    "trigger of the pipeline without end": (
        "engine/test_statement_limits.py", "test_an_endless_trigger_lets_go_of_the_write_lock",
    ),
    "replica damaged, cut or of another version": (
        "histories/test_broken_replicas.py", "test_it_is_made_again_where_the_file",
    ),
    "replica with flipped bits": (
        "histories/test_broken_replicas.py", "test_flipped_bits_are_found_by_a_full_audit_at_the_latest",
    ),
    "replica held by another program": (
        "histories/test_broken_replicas.py",
        "test_a_replica_that_another_program_holds_open_does_not_stop_a_run",
    ),
    "replica a link or a pipe": (
        "engine/test_private_files.py",
        "test_a_replica_that_is_no_regular_file_is_built_again_in_its_place",
    ),
    "clock back, entries": (
        "engine/store/test_clock_set_back.py",
        "test_every_page_says_that_the_clock_was_set_back_until_a_run_has_put_it_right",
    ),
    "clock back, schedule": (
        "engine/runs/test_schedule.py", "test_a_clock_that_is_set_back_keeps_no_run_away",
    ),
    "clock forward": (
        "engine/runs/test_schedule.py", "test_a_machine_that_slept_makes_up_for_its_runs_once",
    ),
    "engine process stopped": (
        "engine/runs/test_limits.py",
        "test_a_run_without_progress_is_ended_as_failed_and_the_next_has_another_process",
    ),
    "server stopped": (
        "faults/test_processes.py",
        "test_a_server_that_is_stopped_holds_up_neither_the_pipeline_nor_another_process",
    ),
    "two servers, two schedules": (
        "faults/test_processes.py",
        "test_two_servers_and_two_schedules_never_run_at_the_same_time_and_fail_in_nothing",
    ),
    "64 files": (
        "faults/test_processes.py",
        "test_a_server_with_64_files_serves_again_after_more_clients_than_it_has_files_for",
    ),
    "limit of memory": (
        "faults/test_source.py", "test_a_limit_of_memory_costs_the_run_and_the_next_one_has_it_all",
    ),
}  # fmt: skip
"""The fault → the file and the name of its test."""


@pytest.mark.parametrize("fault", FAULTS)
def test_the_fault_has_its_test(fault: str) -> None:
    file, name = FAULTS[fault]
    module = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    assert name in {each.name for each in module.body if isinstance(each, ast.FunctionDef)}
