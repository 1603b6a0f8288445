"""Where an output goes that is made part by part: a path of this machine, or a URL."""
