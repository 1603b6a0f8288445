"""smalti's efforts against other quantisers: time and squared error on photographs.

Takes about twenty minutes; scikit-learn, OpenCV and Pillow need most of them.
"""

from collections.abc import Sequence

from bench.common.images import PHOTOS
from bench.common.measure import REPEATS, SLOW_SECONDS, Tool
from bench.common.modules import versions
from bench.common.settings import Settings
from bench.engine.curve import draw_curve
from bench.engine.python_tools import python_peers, smalti_tool
from bench.engine.rust_tools import PEERS, crates, rust_tools
from bench.engine.scores import Mean, Scores, measured

EFFORTS = range(1, 10)
COLORS = (16, 64, 256)
# Every third photograph: enough to compare tools that differ as much as these.
EVERY = 3
REFERENCES = (3, 5)
FIGURE = "engine-curve.svg"
PACKAGES = ("scikit-learn", "faiss-cpu", "opencv-python-headless", "pillow", "imagequant")


def run(settings: Settings) -> str:
    """Return the tables, and draw the figure."""
    photos = settings.images.photographs(EVERY)
    in_python, left_out = python_peers()
    in_rust, not_built = rust_tools(PEERS)
    tools = [*map(smalti_tool, EFFORTS), *in_rust, *in_python]
    scores = measured(tools, photos, COLORS, settings.images.best_known())
    efforts = [scores.mean(smalti_tool(effort).name, 256) for effort in EFFORTS]
    peers = {tool.name: scores.mean(tool.name, 256) for tool in (*in_rust, *in_python)}
    draw_curve(efforts, peers, settings.figures / FIGURE)
    lines = [
        f"Means over {len(photos)} photographs from {settings.images.origin(PHOTOS)}, K = 256;"
        f" {REPEATS} runs after one that is not counted, or a single run where one takes over"
        f" {SLOW_SECONDS:.0f} s. {scores.what_best_means()} Ratios are geometric means; above 1,"
        " the tool is slower or worse than smalti.",
        "",
        *_compared(scores, tools),
        "",
        f"![Time and distortion of smalti's efforts and of its peers](images/{FIGURE})",
        "",
        "With fewer colours:",
        "",
        *_fewer_colors(scores, tools),
        "",
        f"Peers: {', '.join([*versions(PACKAGES), *(crates() if in_rust else [])])}.",
    ]
    lines += [f"\nLeft out, {reason}." for reason in (*left_out, *not_built)]
    return "\n".join(lines)


def _compared(scores: Scores, tools: Sequence[Tool]) -> list[str]:
    columns = [f"time / effort {effort} | MSE / effort {effort}" for effort in REFERENCES]
    lines = [
        f"| tool | set up | ms | MSE | above best | {' | '.join(columns)} |",
        "|---|---|" + "---|" * (3 + 2 * len(REFERENCES)),
    ]
    for tool in tools:
        cells = [tool.setting, _cells(scores.mean(tool.name, 256))]
        for effort in REFERENCES:
            time, mse = scores.ratios(tool.name, smalti_tool(effort).name, 256)
            cells.append(f"{time:.3g} | {mse:.3f}")
        lines.append(f"| {tool.name} | {' | '.join(cells)} |")
    return lines


def _fewer_colors(scores: Scores, tools: Sequence[Tool]) -> list[str]:
    fewer = [k for k in COLORS if k != 256]
    lines = [
        "| tool | " + " | ".join(f"K = {k}: ms | MSE | above best" for k in fewer) + " |",
        "|---|" + "---|---|---|" * len(fewer),
    ]
    for tool in tools:
        cells = [_cells(scores.mean(tool.name, k)) for k in fewer]
        lines.append(f"| {tool.name} | {' | '.join(cells)} |")
    return lines


def _cells(mean: Mean) -> str:
    return f"{mean.milliseconds:,.1f} | {mean.mse:.2f} | {mean.percent_above_best:.1f} %"
