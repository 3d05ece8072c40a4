//! True, false, or nobody can say: combined as Kleene's logic combines them.

/// A truth value that may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Truth {
    False,
    Unknown,
    True,
}

impl Truth {
    /// False if one is, else unknown if one is.
    pub(crate) fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// True if one is, else unknown if one is.
    pub(crate) fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// Unknown stays unknown.
    pub(crate) fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }

    /// Negates where asked to.
    pub(crate) fn negated_if(self, negated: bool) -> Self {
        if negated { self.not() } else { self }
    }

    /// The *or* of many; stops at the first that is true.
    pub(crate) fn any(values: impl Iterator<Item = Self>) -> Self {
        let mut found = Self::False;
        for value in values {
            found = found.or(value);
            if found == Self::True {
                break;
            }
        }
        found
    }

    /// The *and* of many; stops at the first that is false.
    pub(crate) fn all(values: impl Iterator<Item = Self>) -> Self {
        let mut found = Self::True;
        for value in values {
            found = found.and(value);
            if found == Self::False {
                break;
            }
        }
        found
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}
