import os
import subprocess
import sys

import pytest

FORKED = """
import os
import sys

import numpy as np
import smalti

picture = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)


def work():
    compressed = smalti.compress(picture, 16)
    return compressed.to_bytes("png") + str(compressed.report().ssimulacra2).encode()


expected = work()
child = os.fork()
if child == 0:
    os._exit(0 if work() == expected else 3)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_forked_process_works_after_its_parent_did(threads):
    # The threads of a pool do not survive a fork: the child used to wait for them forever.
    result = subprocess.run(
        [sys.executable, "-c", FORKED],
        env={**os.environ, "RAYON_NUM_THREADS": threads},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
