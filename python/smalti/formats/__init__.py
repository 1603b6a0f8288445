"""File formats: pictures and palettes, a module each in their folders; archives of other things."""
