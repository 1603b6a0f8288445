"""The golden table: hashes of what smalti makes of some forty images.

`images` makes the images, `cases` compresses and segments them, `table` keeps the hashes in
``table.json``. ``tests/test_golden.py`` compares. Where outputs change on purpose, write the table
anew and say in the commit which lines changed and why::

    python -m tests.golden

Scores of SSIMULACRA2 differ in their last digits between instruction sets, and so may what is
chosen by them. These hashes are kept for each instruction set; on one that the table does not know
they are left out.
"""
