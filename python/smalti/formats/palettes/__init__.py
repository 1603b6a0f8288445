"""The formats of palette files: a module for each, which defines its `FORMAT`.

A module put here, or into another folder of this package's ``__path__``, is a format that the
registry finds. It imports Pillow when it is used, not before.
"""
