"""Pages for: psychologist."""
