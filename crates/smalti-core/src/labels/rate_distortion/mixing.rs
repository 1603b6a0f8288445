//! Which two colours a place is mixed from, for dither by thresholds.
//!
//! Yliluoma's first algorithm (J. Yliluoma, "Arbitrary-palette positional dithering algorithm",
//! 2011) for the target of a search: among the colours nearby, the one which, mixed with the
//! nearest, comes closest; the target then moves along the line between the two. Thresholds that
//! are evenly spread make the lighter one nearest for just its share of the pixels, and labels near
//! their threshold are still cheap to change for a few bits.

use super::shortlist::{LISTED, Shortlist};

/// What the spread of a mixture, the squared distance of its pixels from their mean, counts
/// beside the squared error of the mean. A colour of less than 1 part in 11 does not pay, which
/// leaves out single dots and keeps colours near the palette's as they are. On photographs 0.25
/// scores 5 points of SSIMULACRA2 less at 16 colours and saves a sixth of the bytes; 0.03 is worse
/// in both.
const SPREAD: f32 = 0.1;

/// The listed colour nearest to `place`, if one of them is `allowed` there.
pub fn nearest<const D: usize>(
    list: &Shortlist<D>,
    place: &[f32; D],
    allowed: impl Fn(&[f32; D]) -> bool,
) -> Option<[f32; D]> {
    let squared = |color: &[f32; D]| squared_length(&difference(place, color));
    colors(list).filter(allowed).min_by(|a, b| squared(a).total_cmp(&squared(b)))
}

/// The way from the darker to the lighter of the two listed colours whose mixture comes closest to
/// `place`, one of which is the `nearest`; 0 where that alone is as good.
pub fn span<const D: usize>(
    list: &Shortlist<D>,
    place: &[f32; D],
    nearest: &[f32; D],
    allowed: impl Fn(&[f32; D]) -> bool,
) -> [f32; D] {
    let error = difference(place, nearest);
    let (mut best, mut least) = ([0.0; D], squared_length(&error));
    for color in colors(list).filter(allowed) {
        let way = difference(&color, nearest);
        let squared = squared_length(&way);
        let share = dot(&error, &way) / squared;
        // Not for the nearest itself, whose share is not a number.
        if share > 0.0 {
            let missed = squared_length(&error) - share * share * squared;
            let cost = missed + SPREAD * share * (1.0 - share) * squared;
            if cost < least {
                // In the same direction for both colours, so that a mixture of half and half is the
                // same whichever is the nearest.
                best = if way[0] < 0.0 { way.map(|value| -value) } else { way };
                least = cost;
            }
        }
    }
    best
}

fn colors<const D: usize>(list: &Shortlist<D>) -> impl Iterator<Item = [f32; D]> {
    (0..LISTED).map(|i| std::array::from_fn(|d| list.places[d][i]))
}

fn difference<const D: usize>(a: &[f32; D], b: &[f32; D]) -> [f32; D] {
    std::array::from_fn(|d| a[d] - b[d])
}

fn dot<const D: usize>(a: &[f32; D], b: &[f32; D]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn squared_length<const D: usize>(way: &[f32; D]) -> f32 {
    dot(way, way)
}

#[cfg(test)]
mod tests {
    use super::super::shortlist::{LabelCodebook, Shortlists};
    use super::*;

    fn span_of(colors: &[[f32; 3]], place: [f32; 3]) -> [f32; 3] {
        let codebook = LabelCodebook::new(colors.to_vec());
        let mut lists = Shortlists::new(&codebook);
        let list = lists.near(&place);
        let nearest = nearest(list, &place, |_| true).unwrap();
        span(list, &place, &nearest, |_| true)
    }

    #[test]
    fn a_place_between_two_colours_is_mixed_from_them() {
        let colors = [[10.0, 0.0, 0.0], [30.0, 0.0, 0.0], [90.0, 5.0, 0.0]];
        assert_eq!(span_of(&colors, [16.0, 0.0, 0.0]), [20.0, 0.0, 0.0]);
        // From dark to light on the other side of the middle, too.
        assert_eq!(span_of(&colors, [24.0, 0.0, 0.0]), [20.0, 0.0, 0.0]);
    }

    #[test]
    fn the_nearest_alone_does_where_another_would_have_little_part() {
        let colors = [[10.0, 0.0, 0.0], [30.0, 0.0, 0.0]];
        // With a share of s missing error and spread are 0 and 40 s (1 - s), against 400 s^2.
        assert_eq!(span_of(&colors, [11.8, 0.0, 0.0]), [0.0; 3]);
        assert_eq!(span_of(&colors, [11.9, 0.0, 0.0]), [20.0, 0.0, 0.0]);
        assert_eq!(span_of(&colors, [30.0, 0.0, 0.0]), [0.0; 3]);
        assert_eq!(span_of(&colors[..1], [15.0, 1.0, 0.0]), [0.0; 3]);
    }

    #[test]
    fn near_colours_mix_better_than_far_ones() {
        let colors = [[10.0, 0.0, 0.0], [30.0, 1.0, 0.0], [90.0, 0.0, 0.0]];
        assert_eq!(span_of(&colors, [18.0, 0.0, 0.0]), [20.0, 1.0, 0.0]);
    }

    #[test]
    fn colours_that_are_not_allowed_take_no_part() {
        let codebook = LabelCodebook::new(vec![[10.0, 0.0, 0.0], [30.0, 0.0, 0.0]]);
        let mut lists = Shortlists::new(&codebook);
        let place = [14.0, 0.0, 0.0];
        let list = lists.near(&place);
        let dark = |color: &[f32; 3]| color[0] < 20.0;
        assert_eq!(nearest(list, &place, dark), Some([10.0, 0.0, 0.0]));
        assert_eq!(span(list, &place, &[10.0, 0.0, 0.0], dark), [0.0; 3]);
        assert_eq!(nearest(list, &place, |_| false), None);
    }
}
