//! Random numbers that are the same in every run.

use proptest::{
    prelude::Rng,
    test_runner::{RngAlgorithm, TestRng},
};

/// Numbers that are the same in every run.
pub struct Random(TestRng);

impl Random {
    /// Starts from a number.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    /// Returns a number below the limit.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.0.next_u32()).map_or(0, |number| number % limit.max(1))
    }

    /// Returns one of some values.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Returns a copy of one of some values.
    pub fn copy<T: Copy>(&mut self, from: &[T]) -> T {
        *self.pick(from)
    }
}
