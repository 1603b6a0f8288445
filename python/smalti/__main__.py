"""``python -m smalti`` is the ``smalti`` program."""

from smalti.cli import main

if __name__ == "__main__":
    main()
