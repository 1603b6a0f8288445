"""What `smalti-pngquant` makes of a picture: its quality, its metadata and its palette."""

import struct

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.cli.pngquant.quality import TABLE, quality_of, score_of
from smalti.cli.pngquant.run import run
from smalti.formats.png_chunks import chunk_of, chunks_in, with_chunks
from smalti.sources.read import read
from tests.cli.program import colors_of, names
from tests.pictures import encoded, noise

# No 256 colours of a photograph reach it.
LOSSLESS = "100-100"


class TestQuality:
    def test_what_is_below_the_lowest_quality_is_not_written(self, folder, capsys):
        assert run(["photo.png", "-Q", LOSSLESS, "-o", "out.png"]) == 99
        assert "but the lowest is 100" in capsys.readouterr().err
        assert names(folder) == ["photo.png"]

    def test_the_highest_quality_is_aimed_at(self, folder, small_photo):
        sizes = []
        for most in (40, 60, 75):
            assert run(["photo.png", "-Q", f"0-{most}", "-f", "-o", "out.png"]) == 0
            score = smalti.metrics.ssimulacra2(small_photo, read("out.png").pixels)
            assert score >= score_of(most)
            sizes.append((folder / "out.png").stat().st_size)
        assert sizes == sorted(set(sizes))

    def test_where_the_highest_is_out_of_reach_the_lowest_decides(self, folder):
        assert run(["64", "photo.png", "-Q", "10-95"]) == 0
        assert colors_of(folder / "photo-fs8.png") == 64
        assert run(["16", "photo.png", "-Q", "90-95", "--nofs"]) == 99
        assert names(folder) == ["photo-fs8.png", "photo.png"]

    def test_a_picture_of_few_colours_has_every_quality(self, folder):
        Image.fromarray(noise(9, 9, seed=1)).quantize(8).save(folder / "few.png")
        assert run(["few.png", "-Q", LOSSLESS]) == 0
        np.testing.assert_array_equal(read("few-fs8.png").pixels, read("few.png").pixels)

    def test_the_table_rises_from_0_to_100(self):
        qualities, scores = zip(*TABLE, strict=True)
        assert list(qualities) == sorted(set(qualities))
        assert list(scores) == sorted(set(scores))
        assert (qualities[0], qualities[-1], scores[-1]) == (0, 100, 100)
        for quality in range(101):
            assert quality_of(score_of(quality)) == pytest.approx(quality)
        assert (quality_of(-50), quality_of(100)) == (0, 100)


class TestSkipping:
    def test_a_picture_that_was_made_before_is_not_worth_it(self, folder, capsys):
        assert run(["photo.png", "-Q", "0-50", "-o", "q50.png"]) == 0
        assert run(["q50.png", "--skip-if-larger", "-Q", "0-49", "-o", "q49.png"]) == 98
        assert "are worth it" in capsys.readouterr().err
        assert names(folder) == ["photo.png", "q50.png"]

    def test_it_is_written_unless_that_is_asked_for(self, folder):
        assert run(["photo.png", "-o", "made.png"]) == 0
        assert run(["made.png"]) == 0
        assert run(["made.png", "-f", "--skip-if-larger"]) == 98
        assert names(folder) == ["made-fs8.png", "made.png", "photo.png"]

    def test_what_is_worth_it_is_written(self, folder):
        assert run(["photo.png", "--skip-if-larger"]) == 0
        assert names(folder) == ["photo-fs8.png", "photo.png"]


class TestMetadata:
    SIZE = struct.pack(">IIB", 3780, 3780, 1)
    XMP = b"XML:com.adobe.xmp\0\0\0\0\0<rdf:RDF xmlns:rdf='...'/>"

    @pytest.fixture
    def tagged(self, folder, small_png):
        added = [(b"gAMA", b"\0\0\xb1\x8f"), (b"pHYs", self.SIZE), (b"iTXt", self.XMP)]
        path = folder / "tagged.png"
        path.write_bytes(with_chunks(small_png.read_bytes(), [chunk_of(*one) for one in added]))
        return path

    def kinds(self, path):
        kinds = [chunk.kind for chunk in chunks_in(path.read_bytes())]
        return [kind for kind in kinds if not kind.isupper()]

    def test_it_is_kept_and_colours_are_srgb(self, tagged):
        assert run(["tagged.png"]) == 0
        made = tagged.with_name("tagged-fs8.png")
        assert self.kinds(made) == [b"sRGB", b"pHYs", b"iTXt"]
        assert self.XMP in made.read_bytes()

    def test_strip_removes_it(self, tagged):
        assert run(["--strip", "tagged.png"]) == 0
        assert self.kinds(tagged.with_name("tagged-fs8.png")) == []


class TestPalettes:
    def test_a_posterized_palette_repeats_its_highest_bits(self, folder, small_photo):
        height, width, _ = small_photo.shape
        alpha = np.linspace(0, 255, width).astype(np.uint8)[np.newaxis].repeat(height, 0)
        pixels = np.dstack([small_photo, alpha])
        Image.fromarray(pixels).save(folder / "alpha.png")
        assert run(["--posterize", "4", "alpha.png"]) == 0
        palette = read("alpha-fs8.png").palette
        assert set(np.unique(palette % 17)) == {0}
        assert len(np.unique(palette, axis=0)) == len(palette)
        assert {0, 255} <= set(palette[:, 3])

    @pytest.mark.parametrize(("lost", "levels"), [(1, 128), (2, 64), (3, 32)])
    def test_samples_have_so_many_levels(self, folder, lost, levels):
        assert run(["--posterize", str(lost), "photo.png"]) == 0
        palette = read(str(folder / "photo-fs8.png")).palette
        assert set(palette.ravel()) <= {
            (level << lost) | (level << lost >> (8 - lost)) for level in range(levels)
        }

    @pytest.mark.parametrize("mode", ["P", "RGB"])
    def test_the_palette_of_another_file_is_used(self, folder, mode):
        swatches = np.array([[[0, 0, 0], [255, 255, 255], [200, 120, 30]]], np.uint8)
        Image.fromarray(swatches).convert(mode, palette=Image.Palette.ADAPTIVE).save("map.png")
        assert run(["--map", "map.png", "photo.png"]) == 0
        used = {tuple(color) for color in read(str(folder / "photo-fs8.png")).palette}
        assert used == {(0, 0, 0), (255, 255, 255), (200, 120, 30)}

    @pytest.mark.parametrize("content", [None, b"words", encoded(noise(20, 20))])
    def test_a_file_without_a_palette_is_refused(self, folder, capsys, content):
        if content is not None:
            (folder / "map.png").write_bytes(content)
        assert run(["--map", "map.png", "photo.png"]) == 4
        assert "error: --map: map.png: " in capsys.readouterr().err

    def test_the_clear_colour_can_be_the_last(self, folder, small_photo):
        pixels = np.dstack([small_photo, np.full(small_photo.shape[:2], 255, np.uint8)])
        pixels[:20, :20] = 0
        Image.fromarray(pixels).save(folder / "alpha.png")
        assert run(["16", "alpha.png"]) == 0
        assert run(["16", "alpha.png", "--transbug", "--iebug", "-o", "last.png"]) == 0
        assert read("alpha-fs8.png").palette[0, 3] == 0
        assert read("last.png").palette[:, 3].argmin() == 15
        np.testing.assert_array_equal(read("last.png").pixels, read("alpha-fs8.png").pixels)
