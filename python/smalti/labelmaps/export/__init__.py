"""Label maps and regions as files and layers of other programs."""
