"""Many files: which they are, where their outputs go, what is done already, and the work itself.

Nothing here prints. What there is to tell is returned, and the command line prints it.
"""
