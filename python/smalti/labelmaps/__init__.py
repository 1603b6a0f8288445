"""Label maps: one class a pixel, and the regions that they make."""
