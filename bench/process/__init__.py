"""Whole processes of the command line: start-up, and a large photograph."""
