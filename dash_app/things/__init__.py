"""The pages of one site, one job and one error."""
