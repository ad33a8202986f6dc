"""The link laboratory: bad lines made on purpose, on this machine alone."""
