"""``python -m tests.golden``: write the golden table anew and list what changed."""

from tests.golden.table import renew

for line in renew():
    print(line)
