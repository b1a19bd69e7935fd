"""Use cases: what each one needs, what it decides, and the one path that writes."""
