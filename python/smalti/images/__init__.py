"""Images: pixels, palette, indices."""
