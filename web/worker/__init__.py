"""Pages for: worker."""
