//! A run as a report, of the same kind as a simulation's.

use std::time::Duration;

use crate::chaos::hypothesis::Verdict;
use crate::chaos::report::{ChaosReport, Held, Life, MINUTE, Origin, Setting, Tally, words};
use crate::chaos::{Observation, Scenario};

use super::Run;
use super::run::Checked;

/// A report has about so many steps, unless they are a minute each.
const STEPS: u32 = 30;

impl Run {
    /// The report of this run of a scenario, as it was run; `target` is the application's address. Moments are
    /// those of the scenario's schedule; waits and recovery are the clock's.
    #[must_use]
    pub fn report(&self, scenario: &Scenario, target: &str) -> ChaosReport {
        let lasts = self.lasts.mul_f64(self.speed);
        let requests = self.with_provider_calls();
        let setting = self.setting(scenario, target);
        let Checked { verdicts, unseen } = self.check(scenario, &requests);
        let held = verdicts.iter().map(|(hypothesis, verdict, before)| {
            // Before any fault there is nothing to recover from.
            let before = before.as_ref().filter(|it| it.value.is_some());
            Held::of(hypothesis, verdict, before, lasts)
        });
        let lives = lives(
            &requests,
            verdicts.iter().map(|(_, verdict, _)| verdict),
            scenario,
            &setting,
        );
        let mut tally = Tally::new(step(lasts));
        tally.extend(&requests);
        let mut report = ChaosReport::new(setting, &tally, None, held.collect(), lives);
        report.recovery_s = self.recovery();
        report.stopped = self.stopped.map(|stopped| stopped.to_string());
        report.notes = self.notes(&unseen, report.recovery_s.is_some());
        report
    }

    fn setting(&self, scenario: &Scenario, target: &str) -> Setting {
        let mut setting = Setting::of(scenario, Origin::LiveRun, target, vec![target.to_owned()]);
        if (self.speed - 1.0).abs() > f64::EPSILON {
            let times = words::ratio(self.speed);
            setting.traffic = format!("{}, the schedule {times} times as fast", setting.traffic);
        }
        // To the microsecond: what ends with a minute shall not reach into the next by a rounding.
        let stretched = |seconds: f64| (seconds * self.speed * 1e6).round() / 1e6;
        setting.seconds = stretched(setting.seconds);
        for span in setting.faults.iter_mut().flat_map(|fault| &mut fault.spans) {
            span.from_s = stretched(span.from_s);
            span.to_s = stretched(span.to_s);
        }
        setting
    }

    /// What the numbers leave open.
    fn notes(&self, unseen: &[String], recovered: bool) -> Vec<String> {
        let name = &self.scenario;
        let mut notes: Vec<String> = (unseen.iter())
            .map(|text| format!("{name}: `{text}` was not checked: a load does not see it, `chaos sim` does"))
            .collect();
        if self.fault.is_some() && !recovered {
            notes.push(format!("{name}: it was not well again when the run ended"));
        }
        if self.counted.is_empty() {
            notes.push(format!(
                "{name}: calls are those of the users' client: nobody counts the providers' without --emulate or --faults-at"
            ));
        }
        if !self.marked {
            notes.push(format!(
                "{name}: wrong words cannot be seen from outside: only emulated providers know the right ones"
            ));
        }
        notes
    }
}

/// A minute, or a part of a run that is short.
fn step(lasts: Duration) -> Duration {
    Duration::from_secs((lasts / STEPS).as_secs()).clamp(Duration::from_secs(1), MINUTE)
}

/// The requests that show violations.
fn lives<'a>(
    requests: &[Observation],
    verdicts: impl Iterator<Item = &'a Verdict>,
    scenario: &Scenario,
    setting: &Setting,
) -> Vec<Life> {
    let mut lives: Vec<Life> = Vec::new();
    for verdict in verdicts {
        let Some(id) = verdict.unlucky else { continue };
        if let Some(known) = lives.iter_mut().find(|life| life.id == id) {
            known.shows = format!("{}; {}", known.shows, verdict.hypothesis);
        } else if let Some(seen) = requests.iter().find(|request| request.id == id) {
            lives.push(Life {
                shows: verdict.hypothesis.clone(),
                patience_s: scenario.traffic.patience.map(|it| it.as_secs_f64()),
                ..Life::of(seen, setting)
            });
        }
    }
    lives
}
