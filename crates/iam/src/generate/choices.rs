//! Where a generated case gets its decisions from: a seed, or the bytes of a fuzzer.

/// A source of choices.
///
/// A choice of 0 always stands for the plainest thing, so that a fuzzer's bytes, which are followed by zeros
/// without end, shrink towards plain cases.
#[derive(Debug, Clone)]
pub struct Choices(Source);

#[derive(Debug, Clone)]
enum Source {
    Seed(u64),
    Bytes { bytes: Vec<u8>, next: usize },
}

impl Choices {
    /// Choices that follow from a number: the same number, the same choices.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self(Source::Seed(seed))
    }

    /// Choices taken from bytes, one or two for each; zeros when they end.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(Source::Bytes { bytes: bytes.to_vec(), next: 0 })
    }

    /// A number below `limit`, or 0.
    pub fn below(&mut self, limit: usize) -> usize {
        if limit < 2 {
            return 0;
        }
        let number = match &mut self.0 {
            Source::Seed(state) => usize::try_from(mix(state) >> 33).unwrap_or(0),
            Source::Bytes { bytes, next } => {
                let mut byte = || {
                    let byte = bytes.get(*next).copied().unwrap_or(0);
                    *next = next.saturating_add(1);
                    usize::from(byte)
                };
                if limit <= 256 { byte() } else { byte() * 256 + byte() }
            }
        };
        number % limit
    }

    /// True in so many of a hundred cases; never when the choice is 0, unless it always is.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) + percent >= 100
    }

    /// One of these, if there are any.
    pub fn one<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// One of these texts, or nothing.
    pub fn text(&mut self, items: &[&'static str]) -> &'static str {
        self.one(items).copied().unwrap_or_default()
    }

    /// One of these, each as likely as its weight says.
    pub fn one_weighted<T: Copy>(&mut self, items: &[T], weights: &[usize]) -> Option<T> {
        items.get(self.weighted(weights)).copied()
    }

    /// A place in the list of weights, each as likely as its weight says.
    pub fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (place, &weight) in weights.iter().enumerate() {
            if left < weight {
                return place;
            }
            left -= weight;
        }
        0
    }
}

/// One step of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
fn mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
