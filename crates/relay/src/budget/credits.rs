//! An amount of credits that adds up exactly, however often it is added and taken away.

use std::ops::Add;

/// Credits, in thousandths. 1min.ai charges whole ones and now and then parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Credits(u64);

impl Credits {
    /// None.
    pub(crate) const ZERO: Self = Self(0);

    /// More than there ever are.
    pub(crate) const MOST: Self = Self(u64::MAX);

    /// Whole credits.
    pub(crate) const fn whole(credits: u64) -> Self {
        Self(credits.saturating_mul(1_000))
    }

    /// From the number of an answer or an estimate; what is no amount is none.
    pub(crate) fn of(credits: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of floats saturates")]
        Self((credits * 1_000.0).ceil() as u64)
    }

    /// As a number.
    pub(crate) fn as_f64(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "it is exact up to nine billion credits")]
        let thousandths = self.0 as f64;
        thousandths / 1_000.0
    }

    /// In whole credits, rounded up.
    pub(crate) const fn rounded_up(self) -> u64 {
        self.0.div_ceil(1_000)
    }

    /// In whole credits, rounded down.
    pub(crate) const fn rounded_down(self) -> u64 {
        self.0 / 1_000
    }

    /// What is left of it.
    #[must_use]
    pub(crate) const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// How many hundredths of `whole` this is.
    pub(crate) fn percent_of(self, whole: Self) -> u64 {
        let hundredths = u128::from(self.0) * 100;
        let percent = hundredths.checked_div(whole.0.into()).unwrap_or_default();
        u64::try_from(percent).unwrap_or(u64::MAX)
    }

    /// Thousandths.
    pub(crate) const fn thousandths(self) -> u64 {
        self.0
    }

    /// From thousandths.
    pub(crate) const fn of_thousandths(thousandths: u64) -> Self {
        Self(thousandths)
    }
}

impl Add for Credits {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_odd_ones_are_none() {
        let tenth = Credits::of(0.1);
        assert_eq!((0..10).fold(Credits::ZERO, |sum, _| sum + tenth), Credits::whole(1));
        for odd in [f64::NAN, -1.0, f64::NEG_INFINITY] {
            assert_eq!(Credits::of(odd), Credits::ZERO, "{odd}");
        }
        assert_eq!(Credits::of(f64::INFINITY), Credits(u64::MAX));
        assert_eq!((Credits::of(2.0001).rounded_up(), Credits::whole(2).rounded_up()), (3, 2));
        assert_eq!(Credits::whole(4).percent_of(Credits::whole(5)), 80);
        assert_eq!(Credits::of(0.0004), Credits(1), "nothing that costs is free");
    }
}
