"""Sources: whatever can be read becomes sRGB pixels and what is known of their origin."""
