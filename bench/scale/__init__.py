"""Images larger than memory."""
