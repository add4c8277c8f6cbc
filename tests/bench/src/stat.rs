//! Percentiles, medians and spreads.

use std::time::Duration;

/// The smallest of `ascending` that so many per cent of them do not exceed.
pub(crate) fn percentile(ascending: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (ascending.len() * percent).div_ceil(100);
    ascending.get(rank.saturating_sub(1)).copied()
}

/// The middle value, or the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let ascending = sorted(values);
    let middle = ascending.len() / 2;
    let upper = *ascending.get(middle)?;
    if ascending.len() % 2 == 1 { Some(upper) } else { Some(f64::midpoint(ascending[middle - 1], upper)) }
}

/// How far the values lie apart: the greatest less the least, as a share of the median in per cent.
pub(crate) fn spread(values: &[f64]) -> Option<f64> {
    let ascending = sorted(values);
    let (least, most) = (ascending.first()?, ascending.last()?);
    median(values).filter(|median| *median != 0.0).map(|median| (most - least) / median.abs() * 100.0)
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        let of = |percent| percentile(&values, percent).unwrap().as_millis();
        assert_eq!([of(0), of(1), of(50), of(99), of(100)], [1, 2, 100, 198, 200]);
        assert_eq!(percentile(&values[..1], 99), Some(values[0]));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn a_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 9.0, 2.0]), Some(3.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_spread_is_relative() {
        assert_eq!(spread(&[9.0, 10.0, 12.0]), Some(30.0));
        assert_eq!(spread(&[0.0, 0.0]), None);
        assert_eq!(spread(&[]), None);
    }
}
