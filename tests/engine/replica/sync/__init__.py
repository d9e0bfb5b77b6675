"""The replica: copied, kept up to date, compared with its source."""
