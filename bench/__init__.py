"""Benchmarks: ``make bench`` runs them all and writes docs/benchmarks.md's tables.

Every suite is a module with ``run() -> str``, a Markdown table. Peers run in the same
process conditions, in turn with smalti; figures are medians.
"""
