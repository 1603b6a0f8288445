"""What pixels are compared by: coordinates of colour, texture and position."""
