"""`smalti.compress_animation`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smalti
from smalti.exceptions import (
    ImageReadWarning,
    ImageWriteError,
    InvalidParameterError,
    TargetNotReachedError,
)
from tests.animation.films import COUNT, file_of, moving, shown_by_pillow
from tests.pictures import noise


def photographs(count=4, side=48):
    """Frames of smooth colours with noise of their own each."""
    rows, columns = np.mgrid[:side, :side]
    smooth = np.stack([rows * 3, columns * 2 + 60, (rows + columns) + 40], axis=2)
    return np.stack([smooth + noise(side, side, 3, seed=i) // 12 for i in range(count)]).astype(
        np.uint8
    )


def shown(animation):
    return np.stack(list(animation.frames()))


def test_few_colours_stay_and_pillow_shows_the_same():
    animation = smalti.compress_animation(moving(), durations=70, loop=3)
    found = shown(animation)
    np.testing.assert_array_equal(found[..., :3], moving())
    seen = shown_by_pillow(animation.to_bytes())
    np.testing.assert_array_equal([pixels for pixels, _ in seen], found)
    assert [milliseconds for _, milliseconds in seen] == animation.durations == [70.0] * COUNT
    assert (len(animation), animation.loop, animation.shape) == (COUNT, 3, (40, 60))


def test_nothing_changes_where_the_source_does_not():
    frames = photographs()
    frames[1:, :, :30] = frames[0, :, :30]
    found = shown(smalti.compress_animation(frames, 32))
    assert (found[1:, :, :30] == found[0, :, :30]).all()
    assert (found[1:, :, 30:] != found[:-1, :, 30:]).any()


@given(seed=st.integers(0, 1000), k=st.integers(1, 256), weight=st.sampled_from([0.0, 0.1, 2.0]))
@settings(max_examples=15)
def test_clear_pixels_are_those_of_the_source(seed, k, weight):
    random = np.random.default_rng(seed)
    frames = random.integers(0, 256, (3, 9, 11, 4), dtype=np.uint8)
    frames[1, :5] = frames[0, :5]
    found = shown(smalti.compress_animation(frames, k, rate_weight=weight))
    np.testing.assert_array_equal(found[..., 3] == 255, frames[..., 3] >= 128)
    assert (found[1, :5] == found[0, :5]).all()


def test_the_same_frames_give_the_same_bytes():
    made = {smalti.compress_animation(photographs()).to_bytes() for _ in range(2)}
    assert len(made) == 1
    as_file = file_of(photographs(), "PNG", duration=50)
    assert smalti.compress_animation(as_file, loop=0).to_bytes() in made


def test_bits_that_weigh_more_make_smaller_files():
    sizes = [
        len(smalti.compress_animation(photographs(), rate_weight=weight).to_bytes())
        for weight in (0.0, 0.1, 1.0)
    ]
    assert sizes[1] < 0.8 * sizes[0]
    assert sizes[2] < 0.8 * sizes[1]


def test_a_quality_is_reached_with_fewer_bytes_than_the_best():
    frames = photographs()
    good = smalti.compress_animation(frames, quality=45)
    report = good.report()
    assert report.mean_score >= 45
    assert report.worst_score >= 40
    assert len(good.to_bytes()) < len(smalti.compress_animation(frames, rate_weight=0).to_bytes())
    with pytest.raises(TargetNotReachedError, match=r"quality 99 cannot be reached; 2 colours"):
        smalti.compress_animation(frames, 2, quality=99)


def test_a_size_is_kept_to():
    frames = photographs()
    usual = len(smalti.compress_animation(frames).to_bytes())
    animation = smalti.compress_animation(frames, max_bytes=usual * 2 // 3)
    assert usual // 3 < len(animation.to_bytes()) <= usual * 2 // 3
    with pytest.raises(TargetNotReachedError, match=r"20 bytes cannot be reached; the smallest"):
        smalti.compress_animation(frames, max_bytes=20)


def test_a_given_palette_is_used_by_all_frames():
    animation = smalti.compress_animation(photographs(), palette=["204060", "c0a090", "ffffff"])
    colors = {tuple(color) for color in shown(animation)[..., :3].reshape(-1, 3)}
    assert colors <= {(0x20, 0x40, 0x60), (0xC0, 0xA0, 0x90), (255, 255, 255)}


@pytest.mark.parametrize(
    ("fps", "expected"),
    [(20, [50.0] * 6), (30, [30.0, 40.0, 30.0, 30.0, 40.0, 30.0]), (60, [20.0] * 6), (0.01, None)],
)
def test_frames_a_second_become_hundredths(fps, expected):
    durations = smalti.compress_animation(moving(), fps=fps).durations
    assert durations == (expected or [100_000.0] * 6)


def test_times_of_gif_files_stay_and_others_are_shown_by_browsers():
    data = file_of(moving(), "GIF", duration=[10, 20, 30, 40, 10, 60])
    assert smalti.compress_animation(data).durations == [10.0, 20.0, 30.0, 40.0, 10.0, 60.0]
    data = file_of(moving(), "PNG", duration=[5, 20, 30, 40, 10, 60])
    assert smalti.compress_animation(data).durations[0] == 20.0


def test_the_report_tells_bytes_and_scores():
    animation = smalti.compress_animation(photographs(), rate_weight=0.5)
    report = animation.report()
    assert report.file_bytes == len(animation.to_bytes())
    assert len(report.scores) == len(report.frames) == 4
    assert 0 < sum(frame.bytes for frame in report.frames) < report.file_bytes
    assert report.worst_score <= report.mean_score <= 100
    assert str(report).splitlines()[-1].endswith("at worst")
    assert repr(animation).startswith("<CompressedAnimation 48 x 48, 4 frames, ")


def test_files_are_written_whole_or_not_at_all(tmp_path):
    animation = smalti.compress_animation(moving())
    path = tmp_path / "a.gif"
    assert animation.save(path) == path.stat().st_size
    with pytest.raises(ImageWriteError, match="exists already"):
        animation.save(path, overwrite=False)
    with pytest.raises(InvalidParameterError, match=r"b\.png: animations are written as \.gif$"):
        animation.save(tmp_path / "b.png")
    with pytest.raises(InvalidParameterError, match=r"format must be 'gif'"):
        animation.to_bytes("webp")


def test_damaged_files_are_warned_of():
    data = file_of(moving(), "GIF", duration=50)
    with pytest.warns(ImageReadWarning, match="is damaged after frame"):
        animation = smalti.compress_animation(data[: len(data) * 3 // 4])
    assert 1 <= len(animation) < COUNT


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"k": 257}, "k must be"),
        ({"effort": 0}, "effort must be"),
        ({"fps": 0}, "fps must be"),
        ({"fps": 20, "durations": 50}, "fps and durations both tell"),
        ({"durations": [50, 50]}, r"durations has 2 values, but .* has 6 frames"),
        ({"durations": -1}, "durations must be"),
        ({"loop": -1}, "loop must be"),
        ({"quality": 80, "max_bytes": 100}, "only one of quality and max_bytes"),
        ({"quality": 101}, "quality must be"),
        ({"max_bytes": 0}, "max_bytes must be"),
        ({"rate_weight": -1}, "rate_weight must be"),
        ({"dither": 2}, "dither must be"),
        ({"palette": [(i, i, 0) for i in range(256)]}, "palette must have at most 255 colours"),
        ({"palette": ["ff000080"]}, "palette must have opaque colours alone"),
    ],
)
def test_what_is_outside_its_range_is_refused(options, sentence):
    with pytest.raises(InvalidParameterError, match=sentence):
        smalti.compress_animation(moving(), **options)
