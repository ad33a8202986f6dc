"""Who may meet whom, when, and what happened: the domain and its data."""
