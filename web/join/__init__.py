"""Pages for: join."""
