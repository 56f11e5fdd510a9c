//! How long somebody in a line will wait: a blend of what can be known, shown as a range.

use chrono::TimeDelta;

/// What is known of a line at a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// People in front.
    pub ahead: i64,
    /// People at work who take from this line.
    pub staffed: i64,
    /// How long one is served, on average.
    pub service: Option<TimeDelta>,
    /// The last waits, at most ten of them count.
    pub waits: Vec<TimeDelta>,
    /// How long the first in line has waited so far.
    pub head: Option<TimeDelta>,
}

/// A wait in whole minutes, from and to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub low: i64,
    pub high: i64,
}

/// How many of the last waits count.
const WAITS: usize = 10;

/// The expected wait; None where nobody is there, or where nothing is known.
pub fn expected(known: &Known) -> Option<Range> {
    if known.staffed < 1 {
        return None;
    }
    let seconds = |amount: TimeDelta| amount.num_seconds().max(0);
    let by_service = known.service.map(|mean| 87 * (known.ahead + 1) * seconds(mean) / (100 * known.staffed));
    let recent: Vec<i64> = known.waits.iter().take(WAITS).map(|wait| seconds(*wait)).collect();
    let count = i64::try_from(recent.len()).unwrap_or(i64::MAX);
    let by_waits = (count > 0).then(|| recent.iter().sum::<i64>() / count.max(1));
    let parts: Vec<i64> = [by_service, by_waits, known.head.map(seconds)].into_iter().flatten().collect();
    let parts_count = i64::try_from(parts.len()).unwrap_or(i64::MAX);
    let mean = parts.iter().sum::<i64>().checked_div(parts_count)?;
    let low = mean * 3 / 4 / 60;
    Some(Range { low, high: (mean * 5 / 4).div_euclid(60) + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(n: i64) -> TimeDelta {
        TimeDelta::minutes(n)
    }

    #[test]
    fn the_wait_is_a_blend_of_what_is_known() {
        let known = Known { ahead: 1, staffed: 1, service: Some(minutes(10)), waits: vec![minutes(8); 20], head: None };
        // 0.87 x 2 x 10 min and 8 min: 12.7 min.
        assert_eq!(expected(&known), Some(Range { low: 9, high: 16 }));
        let waits = Known { staffed: 2, waits: vec![minutes(4)], ..Known::default() };
        assert_eq!(expected(&waits), Some(Range { low: 3, high: 6 }));
    }

    #[test]
    fn nobody_there_or_nothing_known_is_unknown() {
        assert_eq!(expected(&Known { waits: vec![minutes(1)], ..Known::default() }), None);
        assert_eq!(expected(&Known { staffed: 1, ..Known::default() }), None);
    }
}
