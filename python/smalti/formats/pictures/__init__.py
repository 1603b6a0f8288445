"""The formats that pictures are saved in: a module for each, which defines its `FORMAT`.

A module put here, or into another folder of this package's ``__path__``, is a format that the API
and the command line know. It imports NumPy, Pillow and the core when it is used, not before:
``smalti --help`` lists formats without them.
"""
