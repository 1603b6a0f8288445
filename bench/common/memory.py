"""The most memory that a process has had."""

import resource
from pathlib import Path


def peak_bytes() -> int:
    """Return the most memory that this process has had so far."""
    # On Linux getrusage also counts the parent's peak for a child; this file does not.
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        peaks = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
        return 1024 * int(peaks[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
