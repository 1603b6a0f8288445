"""Pictures that follow each other: files that move, and images in a row."""
