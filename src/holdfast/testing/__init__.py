"""Shipped fakes and builders for tests and trials."""
