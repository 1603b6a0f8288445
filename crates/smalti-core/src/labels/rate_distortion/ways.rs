//! The ways to label a row that go on side by side.

#![expect(clippy::inline_always, reason = "only what is inlined becomes wide vectors")]

/// Ways that survive, at most.
pub const MAX_BEAM: usize = 16;

/// One way to label a row up to some pixel.
#[derive(Clone, Copy)]
pub struct Way<const D: usize> {
    /// Its errors and bits so far.
    pub cost: f32,
    /// The error that the next pixel takes over.
    pub error: [f32; D],
    /// The last pixel's.
    pub label: u8,
    /// The state of the model of bits.
    pub state: u8,
    /// The way that this one goes on from.
    pub parent: u8,
}

/// The survivors, the cheapest first; of two that end in the same label and state one suffices.
pub struct Ways<const D: usize> {
    kept: [Way<D>; MAX_BEAM],
    count: usize,
}

impl<const D: usize> Ways<D> {
    /// The one way to label nothing.
    pub fn start() -> Self {
        let nothing = Way { cost: 0.0, error: [0.0; D], label: 0, state: 0, parent: 0 };
        Self { kept: [nothing; MAX_BEAM], count: 1 }
    }

    /// The ways, the cheapest first.
    #[inline(always)]
    pub fn iter(&self) -> impl Iterator<Item = &Way<D>> {
        self.kept[..self.count].iter()
    }

    /// The cheapest of at least one way.
    #[inline(always)]
    pub fn cheapest(&self) -> &Way<D> {
        &self.kept[0]
    }

    /// Whether a way of this cost is not among the survivors, or so far behind the cheapest that it
    /// would be given up at the next pixel.
    #[inline(always)]
    pub fn is_hopeless(&self, cost: f32, spread: f32, beam: usize) -> bool {
        self.count > 0 && cost > self.kept[0].cost + spread
            || self.count == beam && cost >= self.kept[beam - 1].cost
    }

    /// Whether these ways differ from others in nothing that counts for the next pixel.
    #[inline(always)]
    pub fn go_on_as(&self, others: &Self) -> bool {
        self.count == others.count
            && self.iter().zip(others.iter()).all(|(one, other)| {
                one.cost == other.cost
                    && one.label == other.label
                    && one.state == other.state
                    && one.error == other.error
            })
    }

    /// Forgets all of them.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.count = 0;
    }

    /// Where a way belongs that is not hopeless, or `None` if it has a cheaper twin. A dearer twin is
    /// taken out.
    #[inline(always)]
    pub fn place_for(&mut self, cost: f32, label: u8, state: u8) -> Option<usize> {
        let twin = |way: &Way<D>| way.label == label && (way.state == 0) == (state == 0);
        if let Some(twin) = self.kept[..self.count].iter().position(twin) {
            if self.kept[twin].cost <= cost {
                return None;
            }
            self.count -= 1;
            // Loops: a few ways are moved sooner than a function for any number is called.
            for i in twin..self.count {
                self.kept[i] = self.kept[i + 1];
            }
        }
        let dearer = self.kept[..self.count].iter().position(|way| way.cost > cost);
        Some(dearer.unwrap_or(self.count))
    }

    /// Puts a way where [`Self::place_for`] says, in the place of the dearest if there are `beam`.
    #[inline(always)]
    pub fn insert(&mut self, at: usize, way: Way<D>, beam: usize) {
        let moved = self.count.min(beam - 1);
        for i in (at..moved).rev() {
            self.kept[i + 1] = self.kept[i];
        }
        self.kept[at] = way;
        self.count = moved + 1;
    }
}
