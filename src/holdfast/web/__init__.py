"""Pages: what customers book with, in their language, with and without scripts."""
