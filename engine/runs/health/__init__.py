"""Whether all is well: a run's progress, readiness, faults that show, a pipeline that stands still."""
