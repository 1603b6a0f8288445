"""Images larger than memory: two passes over their parts, one that learns and one that labels.

What is learnt and what is labelled depends on the pixels and the options alone: not on how an image
is stored, nor on threads, nor on where a run was interrupted.
"""
