//! Decoders of others that panic on some files.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether this thread runs such a decoder.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; `None` if it panics, which is told nowhere.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |told| {
            if !IS_GUARDED.get() {
                usual(told);
            }
        }));
    });
    IS_GUARDED.set(true);
    // What a panic leaves half done is dropped with the work.
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    IS_GUARDED.set(false);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_nothing_and_the_next_work_is_done() {
        assert_eq!(guarded(|| [1, 2, 3][std::hint::black_box(3)]), None);
        assert_eq!(guarded(|| 7), Some(7));
    }
}
