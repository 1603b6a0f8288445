//! The search along a row: several ways to label it go on side by side, the cheapest survive.
//!
//! A label that is a little worse now can start a run that is nearly free, which no greedy scan
//! finds. Every way carries its own diffused error, so that what it was spared in bits comes back
//! as a colour to make up for.

#![expect(clippy::inline_always, reason = "only what is inlined becomes wide vectors")]

use multiversion::multiversion;

use super::choices::{Bounds, Place, cheaper, cheapest, squared};
use super::mixing;
use super::prices::{LabelPrices, Neighbours};
use super::scene::Scene;
use super::shortlist::{FAR, LabelCodebook, Shortlists, least};
use super::thresholds::Thresholds;
use super::ways::{MAX_BEAM, Way, Ways};

/// Shares of an error that go right, down left, down and down right (R. Floyd and L. Steinberg,
/// "An adaptive algorithm for spatial grey scale", 1976).
pub const RIGHT: f32 = 7.0 / 16.0;
const DOWN_LEFT: f32 = 3.0 / 16.0;
const DOWN: f32 = 5.0 / 16.0;
const DOWN_RIGHT: f32 = 1.0 / 16.0;

/// Flat areas are not dithered when a colour is this near, in percent of the space's range: dots
/// would show more than the difference does.
const FLAT_ERROR: f32 = 4.0;

/// By how much the squared error of a pixel that is held may exceed that of the nearest colour, in
/// squared percents.
const HELD_REACH: f32 = 9.0;

/// What a search is made with.
pub struct BeamSearch<'a, C, const D: usize> {
    /// The picture.
    pub scene: &'a Scene<'a, D>,
    /// The colours.
    pub codebook: &'a LabelCodebook<D>,
    /// What no bits can buy.
    pub limits: Limits<'a>,
    /// What labels cost.
    pub prices: &'a C,
    /// The share of an error that is passed on, 0 to 1.
    pub dither: f32,
    /// What moves targets instead, if anything.
    pub thresholds: Option<Thresholds>,
    /// Ways that survive, 1 to [`MAX_BEAM`].
    pub beam: usize,
}

impl<C, const D: usize> BeamSearch<'_, C, D> {
    /// Whether every pixel's target is its own place.
    fn is_undithered(&self) -> bool {
        self.dither == 0.0 && self.thresholds.is_none()
    }
}

/// What bits cannot buy.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// For every kept colour its entry: its pixels have no other.
    pub kept: &'a [u8],
    /// For every pixel whether it stays near the nearest colours; empty if none does.
    pub held: &'a [bool],
    /// By how much the squared errors of other pixels may exceed that of the nearest colour.
    pub reach: f32,
}

impl Limits<'_> {
    #[inline(always)]
    fn reach(&self, i: usize) -> f32 {
        if self.held.get(i).is_some_and(|&held| held) { HELD_REACH } else { self.reach }
    }
}

/// What the rows of a band share.
pub struct Band<'a, C, const D: usize> {
    search: &'a BeamSearch<'a, C, D>,
    shortlists: Shortlists<'a, D>,
    /// Errors passed down to the pixels of the row.
    errors: Vec<[f32; D]>,
    /// Where the row's pixels lie, with these errors.
    targets: Vec<[f32; D]>,
    /// 1 for pixels that take errors over, 0 for others.
    open: Vec<f32>,
    /// For every pixel and way its parent and label.
    steps: Vec<[(u8, u8); MAX_BEAM]>,
}

impl<'a, C: LabelPrices, const D: usize> Band<'a, C, D> {
    /// A band that begins without errors from above; `shortlists` are those of the codebook.
    pub fn new(search: &'a BeamSearch<'a, C, D>, shortlists: Shortlists<'a, D>) -> Self {
        let width = search.scene.width;
        Self {
            search,
            shortlists,
            errors: vec![[0.0; D]; width],
            targets: vec![[0.0; D]; width],
            open: vec![1.0; width],
            steps: vec![[(0, 0); MAX_BEAM]; width],
        }
    }

    /// The shortlists, for another band.
    pub fn into_shortlists(self) -> Shortlists<'a, D> {
        self.shortlists
    }

    /// Labels row `y`, below the labels `above`.
    pub fn label_row(&mut self, y: usize, above: Option<&[u8]>, row: &mut [u8]) {
        self.aim(y);
        search_row(self, y, above);
        let mut way = 0;
        for (label, steps) in row.iter_mut().zip(&self.steps).rev() {
            let (parent, found) = steps[way];
            *label = found;
            way = usize::from(parent);
        }
        self.pass_down(y, row);
    }

    /// Finds the targets of row `y`: the pixels' own places and what they make up for.
    fn aim(&mut self, y: usize) {
        let scene = self.search.scene;
        let mut left = None;
        for x in 0..scene.width {
            let own = scene.target(y * scene.width + x);
            (self.targets[x], self.open[x]) = (own, 1.0);
            if self.search.is_undithered() {
                continue;
            }
            let is_flat = scene.is_flat(x, y);
            if !is_flat && self.search.thresholds.is_none() {
                add(&mut self.targets[x], &self.errors[x]);
                continue;
            }
            // A flat pixel has the colour of the one to its left.
            let mixed = left.filter(|_| is_flat).or_else(|| self.mixed(&own));
            left = mixed.filter(|_| is_flat);
            let Some(Mixed { squares, span }) = mixed else { continue };
            if is_flat && squares < FLAT_ERROR * FLAT_ERROR {
                self.open[x] = 0.0;
            } else if let Some(thresholds) = self.search.thresholds {
                let offset = thresholds.offset(x, y);
                add(&mut self.targets[x], &span.map(|value| value * offset));
            } else {
                add(&mut self.targets[x], &self.errors[x]);
            }
        }
    }

    /// What a colour is mixed from, if any of the colours near it is on its part of the alpha axis.
    fn mixed(&mut self, own: &[f32; D]) -> Option<Mixed<D>> {
        let BeamSearch { scene, thresholds, .. } = *self.search;
        let bounds = Bounds { allowed: f32::INFINITY, alpha: own[D - 1], apart: scene.apart() };
        let allowed = |place: &[f32; D]| bounds.crossed(0.0, place) == 0.0;
        let list = self.shortlists.near(own);
        let nearest = mixing::nearest(list, own, allowed)?;
        let span = match thresholds {
            Some(_) => mixing::span(list, own, &nearest, allowed),
            None => [0.0; D],
        };
        Some(Mixed { squares: squared(own, &nearest), span })
    }

    /// Replaces the errors by those that row `y` passes down with these labels.
    fn pass_down(&mut self, y: usize, row: &[u8]) {
        let BeamSearch { scene, codebook, dither, .. } = *self.search;
        if dither == 0.0 {
            return;
        }
        self.errors.fill([0.0; D]);
        let mut carried = [0.0f32; D];
        let last = row.len() - 1;
        for (x, (&label, target)) in row.iter().zip(&self.targets).enumerate() {
            let place = codebook.place(usize::from(label));
            let mut target = *target;
            add(&mut target, &carried.map(|value| value * self.open[x]));
            scene.hold(y * row.len() + x, &mut target);
            let error: [f32; D] = std::array::from_fn(|d| (target[d] - place[d]) * dither);
            carried = error.map(|value| value * RIGHT);
            add(&mut self.errors[x.saturating_sub(1)], &error.map(|value| value * DOWN_LEFT));
            add(&mut self.errors[x], &error.map(|value| value * DOWN));
            add(&mut self.errors[(x + 1).min(last)], &error.map(|value| value * DOWN_RIGHT));
        }
    }
}

/// What a colour is mixed from.
#[derive(Clone, Copy)]
struct Mixed<const D: usize> {
    /// How far the nearest colour is, squared.
    squares: f32,
    /// The way between two colours, for thresholds.
    span: [f32; D],
}

/// Fills in the steps of the ways through row `y`; in the end the first is the cheapest.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
fn search_row<C: LabelPrices, const D: usize>(
    band: &mut Band<'_, C, D>,
    y: usize,
    above: Option<&[u8]>,
) {
    let BeamSearch { scene, codebook, limits, prices: model, dither, beam, .. } = *band.search;
    let (mut one, mut other) = (Ways::start(), Ways::start());
    let (mut ways, mut next) = (&mut one, &mut other);
    let (apart, spread) = (scene.apart(), model.spread());
    let mut above_left = 0;
    let (mut last, mut is_settled) = (None, false);
    for x in 0..scene.width {
        let up = above.map_or(0, |above| above[x]);
        let i = y * scene.width + x;
        let (weight, common, open) = (scene.weight(i), band.targets[x], band.open[x]);
        let (own, reach) = (scene.target(i), limits.reach(i));
        let place = Some(Place { own, common, weight, open, reach, up, above_left });
        let is_repeated = place == last;
        if is_repeated && is_settled {
            band.steps[x] = band.steps[x - 1];
            continue;
        }
        last = place;
        let fixed = scene.kept(i).map(|number| limits.kept[number]);
        let cheapest_way = ways.cheapest();
        let lowest = cheapest_way.cost;
        let mut first = common;
        add(&mut first, &cheapest_way.error.map(|value| value * open));
        scene.hold(i, &mut first);
        // The targets of the ways differ by less than the colours do, so one list serves all.
        let list = band.shortlists.near(&first);
        let first_squares = list.squares(&first);
        let allowed = least(&first_squares) + reach;
        let bounds = Bounds { allowed, alpha: own[D - 1], apart };
        // Where all ways aim at one target and a literal costs the same after each of them, those of
        // the cheapest way suffice.
        let is_shared = C::ARE_LITERALS_ALIKE && (dither == 0.0 || open == 0.0);
        next.clear();
        for (parent, way) in ways.iter().enumerate() {
            if way.cost - lowest > spread {
                break;
            }
            let mut target = common;
            add(&mut target, &way.error.map(|value| value * open));
            scene.hold(i, &mut target);
            let at = Neighbours { left: way.label, above: up, above_left, below_another: y > 0 };
            let so_far = way.cost - lowest;
            let go_on = |next: &mut Ways<D>, label: u8, cost: f32, state: u8| {
                if let Some(at) = next.place_for(cost, label, state) {
                    let place = codebook.place(usize::from(label));
                    let error = std::array::from_fn(|d| (target[d] - place[d]) * (dither * RIGHT));
                    next.insert(at, Way { cost, error, label, state, parent: parent as u8 }, beam);
                }
            };
            let prices = model.literals(at);
            let literal = |label: u8| (label, prices[usize::from(label)], 0);
            let [one, other] = model.moves(way.state, at);
            let moves = [one, other].map(|step| (step.label, step.price, step.state));
            if let Some(entry) = fixed {
                let steps = moves.into_iter().filter(|step| step.0 == entry);
                let (label, price, state) = steps.fold(literal(entry), cheaper);
                let cost = so_far + price;
                if !next.is_hopeless(cost, spread, beam) {
                    go_on(next, label, cost, state);
                }
                continue;
            }
            // The neighbours' labels are tried, too, however far their colours are: after them the
            // pixels to come are predicted well.
            for (label, price, state) in [moves[0], moves[1], literal(way.label), literal(up)] {
                if price < FAR && usize::from(label) < codebook.len() {
                    let place = codebook.place(usize::from(label));
                    let squares = squared(&target, place);
                    let error = weight * squares + bounds.crossed(squares, place);
                    let cost = so_far + (error + price);
                    if !next.is_hopeless(cost, spread, beam) {
                        go_on(next, label, cost, state);
                    }
                }
            }
            if is_shared && parent > 0 {
                continue;
            }
            let squares = if parent == 0 { first_squares } else { list.squares(&target) };
            for (label, own) in cheapest(list, squares, weight, prices, &bounds) {
                let cost = so_far + own;
                // They are in order but for the last bits: the others are hopeless, too.
                if own >= FAR || next.is_hopeless(cost, spread, beam) {
                    break;
                }
                go_on(next, label, cost, 0);
            }
        }
        std::mem::swap(&mut ways, &mut next);
        is_settled = is_repeated && ways.go_on_as(next);
        for (step, way) in band.steps[x].iter_mut().zip(ways.iter()) {
            *step = (way.parent, way.label);
        }
        above_left = up;
    }
}

#[inline(always)]
fn add<const D: usize>(sum: &mut [f32; D], other: &[f32; D]) {
    for d in 0..D {
        sum[d] += other[d];
    }
}

#[cfg(test)]
mod tests {
    use super::super::bands::{bands_of, searched};
    use super::super::matches::{MatchPrices, Symbols};
    use super::super::paeth::{PaethPrices, Residuals};
    use super::super::settings::{BitModel, LabelSettings};
    use super::super::tests::{grey, in_scene};
    use super::super::thresholds::DitherMethod;
    use crate::indexed_image::IndexedImage;
    use crate::progress::Silent;
    use proptest::prelude::*;

    /// Labels of rows of greys, which are so near each other that no limit is ever reached.
    fn labels(greys: &[u8], width: usize, held: &[bool], settings: &LabelSettings) -> Vec<u8> {
        let palette = [100, 101, 103].map(|g| [g, g, g, 255]).to_vec();
        let nearest: Vec<u8> = greys.iter().map(|grey| (grey - 100).min(2)).collect();
        let rows = 0..greys.len() / width;
        let current = &IndexedImage::new(width, rows.len(), palette, nearest).unwrap();
        let (bands, lambda) = (&bands_of(rows.len()), settings.rate_weight);
        in_scene(&grey(greys), width, |scene| match settings.model {
            BitModel::Matches => {
                let prices = MatchPrices::new(&Symbols::of(&current.indices, width, rows), lambda);
                searched(scene, current, &prices, settings, bands, held, &Silent)
            }
            BitModel::Paeth => {
                let residuals = Residuals::of(&current.indices, width, rows);
                let prices = PaethPrices::new(&residuals, lambda);
                searched(scene, current, &prices, settings, bands, held, &Silent)
            }
        })
        .unwrap()
    }

    proptest! {
        #[test]
        fn where_nothing_changes_labels_are_those_of_a_search_that_looks_at_every_pixel(
            runs in prop::collection::vec((0u8..4, 1usize..40), 4..40),
            model in prop::sample::select(vec![BitModel::Matches, BitModel::Paeth]),
            method in prop::sample::select(vec![DitherMethod::Diffusion, DitherMethod::Ordered]),
            dither in prop::sample::select(vec![0.0, 0.3]),
            rate_weight in 0.001f64..2.0,
        ) {
            let runs = runs.iter().flat_map(|&(step, length)| vec![100 + step; length]);
            let mut greys: Vec<u8> = runs.collect();
            let width = greys.len().div_ceil(3);
            greys.resize(3 * width, 100);
            let (beam, passes, fixed_palette) = (6, 1, true);
            let settings =
                LabelSettings { rate_weight, model, dither, method, beam, passes, fixed_palette };
            // Of neighbours one is held and the other is not: no pixel is like the one before it.
            let held: Vec<bool> = (0..greys.len()).map(|i| (i % width).is_multiple_of(2)).collect();
            prop_assert_eq!(
                labels(&greys, width, &[], &settings),
                labels(&greys, width, &held, &settings)
            );
        }
    }
}
