//! Animations as players show them: mapped, written as GIF, and read again.

use proptest::prelude::*;
use smalti_core::animation::{FrameMapper, FrameOptions, MappedFrame};
use smalti_core::color::Space;
use smalti_core::decode::AnimationReader;
use smalti_core::encode::GifWriter;
use smalti_core::preset::Preset;

type Pixels = Vec<[u8; 4]>;

const SIDES: (usize, usize) = (7, 5);
const COUNT: usize = SIDES.0 * SIDES.1;

fn options(weight: f64, has_own_palettes: bool) -> FrameOptions {
    let preset = Preset::of_effort(3).unwrap();
    FrameOptions { space: Space::Oklab, preset, weight, dither: 0.3, has_own_palettes }
}

/// Frames of sides, mapped to a palette.
fn mapped(
    frames: &[Pixels],
    sides: (usize, usize),
    palette: &[[u8; 3]],
    options: FrameOptions,
) -> Vec<MappedFrame> {
    let mut mapper = FrameMapper::new(sides, palette, options).unwrap();
    let map = |number: usize| {
        let following: Vec<&[u8]> =
            frames[number + 1..].iter().take(3).map(|frame| frame.as_flattened()).collect();
        mapper.map(frames[number].as_flattened(), &following).unwrap()
    };
    (0..frames.len()).map(map).collect()
}

/// What players show of mapped frames.
fn shown(frames: &[MappedFrame], sides: (usize, usize), palette: &[[u8; 3]]) -> Vec<Pixels> {
    let mut writer = GifWriter::new(sides, palette, 0).unwrap();
    for frame in frames {
        writer.write(frame, 4).unwrap();
    }
    let mut reader = AnimationReader::new(writer.finish().unwrap(), 1 << 20).unwrap();
    let mut found = Vec::new();
    while let Some((pixels, _)) = reader.next_frame().unwrap() {
        found.push(pixels.as_chunks().0.to_vec());
    }
    assert_eq!((reader.plays(), reader.frames()), (0, frames.len()));
    found
}

fn is_opaque(pixel: [u8; 4]) -> bool {
    pixel[3] >= 128
}

const COLORS: [[u8; 3]; 5] =
    [[0, 0, 0], [250, 250, 240], [200, 30, 20], [190, 40, 30], [20, 90, 200]];

/// Frames of some colours that change in places, and are clear in places.
fn films(clear: bool) -> impl Strategy<Value = Vec<Pixels>> {
    let alpha = if clear {
        prop_oneof![Just(255), Just(130), Just(90), Just(0)].boxed()
    } else {
        Just(255).boxed()
    };
    let pixel = (0..COLORS.len(), alpha).prop_map(|(color, alpha): (usize, u8)| {
        let [red, green, blue] = COLORS[color];
        [red, green, blue, alpha]
    });
    let first = prop::collection::vec(pixel.clone(), COUNT);
    let changes = prop::collection::vec((0..COUNT, pixel), 0..12);
    (first, prop::collection::vec(changes, 0..6)).prop_map(|(first, changes)| {
        let mut frames = vec![first];
        for changes in changes {
            let mut frame = frames[frames.len() - 1].clone();
            changes.into_iter().for_each(|(at, pixel)| frame[at] = pixel);
            frames.push(frame);
        }
        frames
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_changes_where_the_source_does_not(
        frames in films(false),
        weight in prop_oneof![Just(0.0), Just(0.1), Just(3.0)],
        has_own_palettes: bool,
    ) {
        let palette = &[[128, 128, 128], [230, 60, 40]];
        let found = mapped(&frames, SIDES, palette, options(weight, has_own_palettes));
        let found = shown(&found, SIDES, palette);
        for (sources, pictures) in frames.windows(2).zip(found.windows(2)) {
            for at in 0..COUNT {
                if sources[0][at] == sources[1][at] {
                    prop_assert_eq!(pictures[0][at], pictures[1][at]);
                }
            }
        }
    }

    #[test]
    fn clear_pixels_are_clear_and_no_others(
        frames in films(true),
        weight in 0.0..2.0,
        has_own_palettes: bool,
    ) {
        let palette = &COLORS[..3];
        let found = mapped(&frames, SIDES, palette, options(weight, has_own_palettes));
        let found = shown(&found, SIDES, palette);
        prop_assert_eq!(found.len(), frames.len());
        for (source, picture) in frames.iter().zip(&found) {
            for at in 0..COUNT {
                prop_assert_eq!(is_opaque(picture[at]), is_opaque(source[at]));
            }
        }
    }

    #[test]
    fn colours_that_the_palette_has_stay_when_bits_do_not_count(frames in films(true)) {
        let found = mapped(&frames, SIDES, &COLORS, options(0.0, false));
        let found = shown(&found, SIDES, &COLORS);
        for (source, picture) in frames.iter().zip(&found) {
            for at in (0..COUNT).filter(|&at| is_opaque(source[at])) {
                prop_assert_eq!(picture[at][..3].to_vec(), source[at][..3].to_vec());
            }
        }
    }
}

/// A gradient with noise, which is the same each time.
fn photograph(width: usize, height: usize, seed: u32) -> Pixels {
    let mut state = seed;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as usize % 24
    };
    let mut pixel = |x: usize, y: usize| {
        let sample = |slope: usize| (slope * x / width + 80 * y / height) as u8;
        let noise = noise() as u8;
        [sample(150) + noise, sample(90) + noise, sample(40) + noise, 255]
    };
    (0..width * height).map(|i| pixel(i % width, i / width)).collect()
}

fn bytes(frames: &[MappedFrame], sides: (usize, usize), palette: &[[u8; 3]]) -> usize {
    let mut writer = GifWriter::new(sides, palette, 1).unwrap();
    for frame in frames {
        writer.write(frame, 4).unwrap();
    }
    writer.finish().unwrap().len()
}

fn greys() -> Vec<[u8; 3]> {
    (0..64).map(|i| [4 * i, 3 * i, 2 * i]).collect()
}

#[test]
fn bits_that_weigh_more_make_smaller_files() {
    let (sides, palette) = ((96, 64), greys());
    let frames = [photograph(96, 64, 1), photograph(96, 64, 2)];
    let sizes = [0.0, 0.1, 1.0].map(|weight| {
        bytes(&mapped(&frames, sides, &palette, options(weight, false)), sides, &palette)
    });
    assert!(sizes[1] < sizes[0] * 9 / 10 && sizes[2] < sizes[1] * 9 / 10, "{sizes:?}");
}

#[test]
fn small_changes_are_held_and_large_ones_are_not() {
    let still = vec![[100, 100, 100, 255]; COUNT];
    let moved = |by: u8| vec![[100 + by, 100 + by, 100 + by, 255]; COUNT];
    let frames = [still, moved(2), moved(60)];
    let palette = [[100, 100, 100], [102, 102, 102], [160, 160, 160]];
    let found = mapped(&frames, SIDES, &palette, options(5.0, false));
    assert_eq!(found[1].labels, [3]);
    assert_eq!((found[2].part.width, found[2].part.height), SIDES);
    assert!(found[2].labels.iter().all(|&label| label == 2));
}

#[test]
fn a_frame_has_a_palette_of_its_own_where_the_shared_one_is_poor() {
    let frames = [photograph(64, 48, 3), photograph(64, 48, 4)];
    let palette = [[255, 0, 255], [0, 0, 0]];
    let with = |has_own| mapped(&frames, (64, 48), &palette, options(0.01, has_own));
    assert!(with(true).iter().all(|frame| frame.palette.is_some()));
    assert!(with(false).iter().all(|frame| frame.palette.is_none()));
}

#[test]
fn palettes_and_frames_of_other_sizes_are_refused() {
    let refused =
        |palette: &[[u8; 3]]| FrameMapper::new(SIDES, palette, options(0.1, true)).is_err();
    assert!(refused(&[]) && refused(&[[0; 3]; 256]) && !refused(&[[0; 3]; 255]));
    let mut mapper = FrameMapper::new(SIDES, &COLORS, options(0.1, true)).unwrap();
    assert!(mapper.map(&[0; 4 * COUNT - 4], &[]).is_err());
    assert!(mapper.map(&[0; 4 * COUNT], &[&[0; 4]]).is_err());
    assert!(GifWriter::new((65_536, 1), &COLORS, 0).is_err());
}
