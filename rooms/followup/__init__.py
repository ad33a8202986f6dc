"""Notes, recommendations and outcomes after a visit."""
