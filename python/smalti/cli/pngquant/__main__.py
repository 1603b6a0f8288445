"""``python -m smalti.cli.pngquant`` is the same program as ``smalti-pngquant``."""

from smalti.cli.pngquant import main

if __name__ == "__main__":
    main()
