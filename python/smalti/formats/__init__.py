"""File formats: those of pictures, a module each in `pictures`, and archives of other things."""
