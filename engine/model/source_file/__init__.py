"""The source as a file: its stamps, its failures, its open files and disks, and the SQL of its triggers."""
