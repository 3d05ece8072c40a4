//! Three values, combined as Kleene does (1).

/// The answer to a question inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    True,
    False,
    Unknown,
}

impl Truth {
    /// False if one part is false, else unknown if one is unknown (1).
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::True, Self::True) => Self::True,
        }
    }

    /// True if one part is true, else unknown if one is unknown (1).
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::False, Self::False) => Self::False,
        }
    }

    /// Leaves unknown alone (1).
    pub(super) fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    /// *Not* where the element or operator is a negated one.
    pub(super) fn negate_if(self, negated: bool) -> Self {
        if negated { self.not() } else { self }
    }

    /// The *and* of all; of none, true.
    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::True, Self::and)
    }

    /// The *or* of all; of none, false.
    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::False, Self::or)
    }
}

impl From<bool> for Truth {
    fn from(certain: bool) -> Self {
        if certain { Self::True } else { Self::False }
    }
}
