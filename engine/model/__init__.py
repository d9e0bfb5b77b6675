"""What every layer knows: settings, the clock, errors, datasets, staging, results. It opens no database."""
