"""Animations: clips, peers and what each needs for a score."""
