"""Pages, accounts, administration and the command line; the composition root."""
