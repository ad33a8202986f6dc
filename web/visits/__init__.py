"""A visit's page, its cards, and what its two professionals do there."""
