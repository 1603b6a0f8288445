"""What each effort costs and brings: time and distance from the best known distortion."""

from bench.common.images import PHOTOS
from bench.common.settings import Settings
from bench.engine.python_tools import smalti_tool
from bench.engine.scores import measured

EFFORTS = range(1, 10)
COLORS = (16, 64, 256)


def run(settings: Settings) -> str:
    """Return the table: means over all photographs."""
    photos = settings.images.photographs()
    tools = {effort: smalti_tool(effort) for effort in EFFORTS}
    scores = measured(list(tools.values()), photos, COLORS, settings.images.best_known())
    lines = [
        f"Means over {len(photos)} photographs from {settings.images.origin(PHOTOS)}."
        f" {scores.what_best_means()}",
        "",
        "| effort | " + " | ".join(f"K = {k}: ms | above best" for k in COLORS) + " |",
        "|---|" + "---|---|" * len(COLORS),
    ]
    for effort, tool in tools.items():
        means = [scores.mean(tool.name, k) for k in COLORS]
        cells = [f"{mean.milliseconds:,.1f} | {mean.percent_above_best:.2f} %" for mean in means]
        lines.append(f"| {effort} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
