"""Offerings: what customers can book, what it needs, and who may serve it."""

from holdfast.api.offerings import eligible, routes

ENDPOINTS = (*routes.ENDPOINTS, *eligible.ENDPOINTS)

__all__ = ["ENDPOINTS"]
