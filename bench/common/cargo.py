"""Programs in Rust that the suites run: built here, optimised for this processor.

Their authors advise to build them so where speed matters. Everything that cargo makes for the
benchmarks lies in `TARGET`, which `make clean` removes.
"""

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

CRATES = Path(__file__).resolve().parents[1] / "crates"
# imagequant is under the GPL and zenquant under the AGPL, so that each has a crate of its own.
PEERS_CRATE = CRATES / "peers"
RATE_CRATE = CRATES / "rate_peers"
TARGET = CRATES / "target"


def program(crate: Path, name: str) -> Path:
    """Build a crate's programs and return one of them."""
    manifest = ["--manifest-path", str(crate / "Cargo.toml")]
    subprocess.run(
        ["cargo", "build", "--release", "--locked", *manifest, "--target-dir", str(TARGET)],
        env={**os.environ, "RUSTFLAGS": "-Ctarget-cpu=native"},
        check=True,
    )
    return TARGET / "release" / executable(name)


def executable(name: str) -> str:
    """Return what a program's file is called on this system."""
    return f"{name}.exe" if os.name == "nt" else name


def crate_versions(lock_file: Path, names: Iterable[str]) -> list[str]:
    """Return names of crates, with the versions that a lock file holds."""
    lock = lock_file.read_text(encoding="utf-8")
    found = {name: re.search(rf'name = "{name}"\nversion = "(.+)"', lock) for name in names}
    return [f"{name} {match[1]} (crate)" for name, match in found.items() if match]
