//! The assignment step: for every point its nearest prototype. The only argmin there is.
//!
//! [`compare_all`] is the definition: every point is compared with every prototype in f64.
//! [`assign_blocks`] gives the same labels for points of few dimensions, some twenty times
//! faster at 256 prototypes; [`Dense`] gives them for points of many dimensions, some ten times
//! faster. [`Cloud`] is the trait of all such points.
//!
//! Ties go to the lowest prototype. Results do not depend on the number of threads.

mod cloud;
mod clusters;
mod dense;
mod every_pair;
mod pruned;
mod sums;
mod tally;

pub use cloud::{Cloud, squared_distance};
pub use clusters::{Assigned, Clusters, Gap};
pub use dense::{Dense, nearest};
pub(crate) use every_pair::LANES;
pub use every_pair::{Prototypes, compare_all};
pub use pruned::assign_blocks;
pub(crate) use tally::{Candidate, Tally};
