"""Other systems and libraries: one module each. What they need is an extra, imported when used."""
