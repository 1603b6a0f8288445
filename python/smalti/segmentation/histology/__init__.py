"""Stained slides: stains, tissue and glass."""
