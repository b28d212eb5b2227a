//! Whether what was seen of the real proxy is among what is simulated.

use std::time::Duration;

use super::{Came, Course, OwnTime};

/// A time is right when it is off by no more than this, or by this share of itself.
const SLACK: Duration = Duration::from_millis(100);
const SHARE: f64 = 0.1;

/// The words on one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The user saw the same, of the same model.
    pub outcome: bool,
    /// The same models got as many calls.
    pub calls: bool,
    /// The first token came in time.
    pub first: bool,
    /// The end came in time.
    pub end: bool,
}

/// One request of the real proxy beside what is simulated.
#[derive(Debug, Clone)]
pub struct Compared {
    /// What came of it.
    pub real: Came,
    /// The simulated course that is nearest: the same one where there is one, else the most frequent.
    pub simulated: Course,
    /// The simulated times to the first token, from the least to the most.
    pub first: Option<(Duration, Duration)>,
    /// The same to the end.
    pub end: (Duration, Duration),
    /// The words on it.
    pub verdict: Verdict,
}

impl Verdict {
    /// Whether both times are right.
    #[must_use]
    pub const fn times(self) -> bool {
        self.first && self.end
    }

    /// Whether nothing differs.
    #[must_use]
    pub const fn all(self) -> bool {
        self.outcome && self.calls && self.times()
    }
}

/// Compares the requests of a cell with those of every seed. A request agrees when a seed has the same course for
/// it and for all requests before it (those that agreed): what is remembered from one request to the next must be
/// the same too. A time may be later by the proxy's own time for each call.
#[must_use]
pub fn compare(streamed: bool, real: &[Came], seeds: &[Vec<Came>], own: &OwnTime) -> Vec<Compared> {
    let mut alive: Vec<&Vec<Came>> = seeds.iter().collect();
    let mut all = Vec::new();
    for (at, came) in real.iter().enumerate() {
        let among = |same: &dyn Fn(&Course) -> bool| -> Vec<&Vec<Came>> {
            let mut alive = alive.clone();
            alive.retain(|seed| seed.get(at).is_some_and(|it| same(&it.course)));
            alive
        };
        let exactly = among(&|course| *course == came.course);
        let for_user = among(&|course| course.same_for_user(&came.course));
        let near = [&exactly, &for_user, &alive]
            .into_iter()
            .find(|seeds| !seeds.is_empty());
        let near: Vec<&Came> = near.into_iter().flatten().filter_map(|seed| seed.get(at)).collect();
        let Some(simulated) = most_frequent(&near) else { break };
        let first = span(near.iter().filter_map(|it| it.first));
        let end = span(near.iter().map(|it| it.end)).unwrap_or_default();
        let calls = came.course.calls.values().sum();
        let verdict = Verdict {
            outcome: !for_user.is_empty(),
            calls: !exactly.is_empty(),
            first: match (came.first, first) {
                (Some(real), Some(span)) => within(real, span, own.until_first(calls)),
                (None, None) => true,
                _ => false,
            },
            end: within(came.end, end, own.end(streamed, calls)),
        };
        all.push(Compared {
            real: came.clone(),
            simulated: simulated.clone(),
            first,
            end,
            verdict,
        });
        if !exactly.is_empty() {
            alive = exactly;
        }
    }
    all
}

fn most_frequent<'a>(near: &[&'a Came]) -> Option<&'a Course> {
    let count = |course: &Course| near.iter().filter(|it| it.course == *course).count();
    let mut best: Option<(&Course, usize)> = None;
    for came in near {
        if best.is_some_and(|(course, _)| *course == came.course) {
            continue;
        }
        let times = count(&came.course);
        if best.is_none_or(|(_, most)| times > most) {
            best = Some((&came.course, times));
        }
    }
    best.map(|(course, _)| course)
}

fn span(times: impl Iterator<Item = Duration>) -> Option<(Duration, Duration)> {
    times.fold(None, |span, time| match span {
        None => Some((time, time)),
        Some((least, most)) => Some((least.min(time), most.max(time))),
    })
}

fn within(time: Duration, (least, most): (Duration, Duration), own: Duration) -> bool {
    let slack = |of: Duration| SLACK.max(of.mul_f64(SHARE));
    let latest = most + own;
    time + slack(least) >= least && time <= latest + slack(latest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::validate::Outcome;

    fn came(outcome: Outcome, primary: u32, end: u64) -> Came {
        Came {
            course: Course {
                outcome,
                by: None,
                calls: [("primary".to_owned(), primary)].into(),
            },
            first: None,
            end: Duration::from_millis(end),
        }
    }

    #[test]
    fn one_of_the_seeds_is_enough_and_times_have_their_slack() {
        let seeds = vec![
            vec![came(Outcome::Status(500), 3, 4_000)],
            vec![came(Outcome::Status(500), 3, 5_000)],
        ];
        let all = |real: Came| compare(false, &[real], &seeds, &OwnTime::default())[0].verdict;
        assert!(all(came(Outcome::Status(500), 3, 3_610)).all());
        assert!(all(came(Outcome::Status(500), 3, 5_490)).all());
        assert!(!all(came(Outcome::Status(500), 3, 5_510)).end);
        assert!(!all(came(Outcome::Status(500), 3, 3_590)).end);
        let fewer = all(came(Outcome::Status(500), 2, 4_500));
        assert!(fewer.outcome && !fewer.calls && fewer.times());
        assert!(!all(came(Outcome::Answered, 3, 4_500)).outcome);
    }

    #[test]
    fn what_came_before_must_be_the_same_too() {
        // Whoever is called first cools down, so that the second request calls the other one.
        let (none, once) = (came(Outcome::Answered, 0, 10), came(Outcome::Answered, 1, 10));
        let seeds = vec![vec![once.clone(), none.clone()], vec![none.clone(), once.clone()]];
        let agreed = compare(false, &[once.clone(), none], &seeds, &OwnTime::default());
        assert!(agreed.iter().all(|it| it.verdict.all()));
        let twice = compare(false, &[once.clone(), once], &seeds, &OwnTime::default());
        assert!(twice[0].verdict.all() && !twice[1].verdict.calls);
    }
}
