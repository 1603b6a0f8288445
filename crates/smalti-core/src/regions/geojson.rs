//! Outlines as `GeoJSON` geometries (RFC 7946).

use std::fmt::Write;

use rayon::prelude::*;

use super::outline::{Outlines, Ring};

/// The scale and origin of the coordinates that are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// The side of a pixel.
    pub scale: f64,
    /// x and y of the image's first corner.
    pub origin: [f64; 2],
}

/// The number of each region and its geometry: a polygon, or for more than one piece a
/// multi-polygon. Outer rings are counter-clockwise where y points up, as the standard wants.
#[must_use]
pub fn geometries(outlines: &Outlines, placement: Placement) -> Vec<(u32, String)> {
    let regions: Vec<&[Ring]> = outlines.regions().collect();
    regions
        .into_par_iter()
        .map(|rings| (rings[0].region, geometry(outlines, rings, placement)))
        .collect()
}

fn geometry(outlines: &Outlines, rings: &[Ring], placement: Placement) -> String {
    let mut text = String::new();
    let pieces = || rings.chunk_by(|a, b| a.piece == b.piece);
    let several = pieces().nth(1).is_some();
    let kind = if several { "MultiPolygon" } else { "Polygon" };
    text.push_str("{\"type\":\"");
    text.push_str(kind);
    text.push_str("\",\"coordinates\":");
    if several {
        list(&mut text, pieces(), |text, rings| polygon(text, outlines, rings, placement));
    } else {
        polygon(&mut text, outlines, rings, placement);
    }
    text.push('}');
    text
}

fn polygon(text: &mut String, outlines: &Outlines, rings: &[Ring], placement: Placement) {
    list(text, rings.iter(), |text, ring| {
        let corners = outlines.corners_of(ring);
        // The first corner again, to close the ring.
        list(text, corners.iter().chain(&corners[..1]), |text, &[x, y]| {
            list(text, [(x, 0), (y, 1)].into_iter(), |text, (value, axis)| {
                let place = placement.origin[axis] + placement.scale * f64::from(value);
                write_number(text, place);
            });
        });
    });
}

/// Writes the shortest text that is read back as `value`.
fn write_number(text: &mut String, value: f64) {
    let whole = value as i64;
    // Integers are written several times as fast, and most are.
    let written =
        if whole as f64 == value { write!(text, "{whole}") } else { write!(text, "{value}") };
    written.expect("strings take what is written to them");
}

fn list<T>(
    text: &mut String,
    items: impl Iterator<Item = T>,
    mut write_item: impl FnMut(&mut String, T),
) {
    text.push('[');
    for (i, item) in items.enumerate() {
        if i > 0 {
            text.push(',');
        }
        write_item(text, item);
    }
    text.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use crate::regions::outlines;

    const WHOLE: Placement = Placement { scale: 1.0, origin: [0.0, 0.0] };

    #[test]
    fn a_ring_of_pixels_is_a_polygon_with_a_hole() {
        let found = outlines(&[1, 1, 1, 1, 0, 1, 1, 1, 1], 3, &[true], &Silent).unwrap();
        let text = "{\"type\":\"Polygon\",\"coordinates\":\
                    [[[0,0],[3,0],[3,3],[0,3],[0,0]],[[1,2],[2,2],[2,1],[1,1],[1,2]]]}";
        assert_eq!(geometries(&found, WHOLE), [(1, text.to_owned())]);
    }

    #[test]
    fn pixels_that_touch_at_a_corner_are_two_polygons() {
        let found = outlines(&[3, 0, 0, 3], 2, &[false, false, true], &Silent).unwrap();
        let text = "{\"type\":\"MultiPolygon\",\"coordinates\":\
                    [[[[0,0],[1,0],[1,1],[0,1],[0,0]]],[[[1,1],[2,1],[2,2],[1,2],[1,1]]]]}";
        assert_eq!(geometries(&found, WHOLE), [(3, text.to_owned())]);
    }

    #[test]
    fn coordinates_are_scaled_and_moved() {
        let found = outlines(&[1], 1, &[true], &Silent).unwrap();
        let placement = Placement { scale: 2.5, origin: [-1.0, 10.0] };
        let text = "{\"type\":\"Polygon\",\"coordinates\":\
                    [[[-1,10],[1.5,10],[1.5,12.5],[-1,12.5],[-1,10]]]}";
        assert_eq!(geometries(&found, placement), [(1, text.to_owned())]);
    }
}
