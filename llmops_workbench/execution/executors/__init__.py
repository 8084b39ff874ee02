"""Where a job's process runs; one file an executor."""
