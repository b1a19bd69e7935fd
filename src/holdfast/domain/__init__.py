"""Rules: frozen values and functions without clock, SQL, network or threads."""
