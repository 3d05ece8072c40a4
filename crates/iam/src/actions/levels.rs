//! Access levels: AWS's coarse classes of what an action does.

use std::fmt;

/// An access level, as AWS's documentation classes actions.
///
/// NOTE: it is no measure of danger. `lambda:UpdateFunctionCode` is a plain write, and runs code as another role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Finds out which resources there are.
    List,
    /// Reads, but changes nothing.
    Read,
    /// Changes nothing but tags.
    Tagging,
    /// Creates, changes or deletes.
    Write,
    /// Gives or takes permissions.
    PermissionsManagement,
}

impl Level {
    /// Every level, in the order they are written in.
    pub const ALL: [Self; 5] =
        [Self::List, Self::Read, Self::Tagging, Self::Write, Self::PermissionsManagement];

    const fn bit(self) -> u8 {
        match self {
            Self::List => 1,
            Self::Read => 1 << 1,
            Self::Tagging => 1 << 2,
            Self::Write => 1 << 3,
            Self::PermissionsManagement => 1 << 4,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Tagging => "Tagging",
            Self::Write => "Write",
            Self::PermissionsManagement => "Permissions management",
        })
    }
}

/// A set of access levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Levels(u8);

impl Levels {
    /// The set whose members have their bits set, in the order of [`Level::ALL`]; `None` if it is empty or none.
    pub(super) fn from_bits(bits: u8) -> Option<Self> {
        (1..1 << Level::ALL.len()).contains(&bits).then_some(Self(bits))
    }

    /// Whether a level is in it.
    #[must_use]
    pub const fn contains(self, level: Level) -> bool {
        self.0 & level.bit() != 0
    }

    /// Its levels, in the order of [`Level::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Level> {
        Level::ALL.into_iter().filter(move |level| self.contains(*level))
    }

    /// Whether there is nothing in it but [`Level::List`] and [`Level::Read`].
    #[must_use]
    pub const fn is_read_only(self) -> bool {
        self.0 != 0 && self.0 & !(Level::List.bit() | Level::Read.bit()) == 0
    }
}

impl FromIterator<Level> for Levels {
    fn from_iter<I: IntoIterator<Item = Level>>(levels: I) -> Self {
        Self(levels.into_iter().fold(0, |bits, level| bits | level.bit()))
    }
}

impl fmt::Display for Levels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, level) in self.iter().enumerate() {
            write!(formatter, "{}{level}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let levels: Levels = [Level::Write, Level::PermissionsManagement].into_iter().collect();
        assert_eq!(levels.to_string(), "Write, Permissions management");
        assert!(levels.contains(Level::Write) && !levels.contains(Level::Read) && !levels.is_read_only());
        assert!(Levels::from_iter([Level::List, Level::Read]).is_read_only());
        assert!(!Levels::default().is_read_only());
        assert_eq!(Levels::from_bits(0b11000), Some(levels));
        assert_eq!((Levels::from_bits(0), Levels::from_bits(32)), (None, None));
    }
}
