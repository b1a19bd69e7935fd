"""What can be said to the program. Signatures and help only, so that `--help` answers at once."""
