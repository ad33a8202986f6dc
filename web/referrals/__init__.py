"""A referral's page and what its two professionals do there."""
