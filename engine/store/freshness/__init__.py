"""How far the source has gone on since the entries were computed, how runs and replica keep up."""
