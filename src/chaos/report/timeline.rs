//! A run over time, as the terminal draws it.

use crate::report::{Mark, Timeline, Track, Worst};

use super::{ChaosReport, FaultWindow, Figures, words};

/// The numbers over time that matter, with a line for each fault.
pub(super) fn timeline(run: &ChaosReport) -> Timeline {
    let steps = &run.run.steps;
    let step = match run.step_s {
        60.0 => "minute by minute".to_owned(),
        seconds => format!("in steps of {}", words::seconds(seconds)),
    };
    let mut tracks = vec![
        track(run, "answered", Worst::Low, (0.0, 1.0), words::share, |it| {
            it.share(it.good())
        }),
        track(run, "errors", Worst::High, (0.0, 0.0), words::share, |it| {
            it.share(it.failures())
        }),
        track(run, "gave up", Worst::High, (0.0, 0.0), words::share, |it| {
            it.share(it.gave_up)
        }),
        track(run, "hollow", Worst::High, (0.0, 0.0), words::share, |it| {
            it.share(it.hollow())
        }),
        track(run, "p99 first token", Worst::High, (0.0, 0.0), words::seconds, |it| {
            Some(it.first_token?.p99)
        }),
        track(
            run,
            "cost per hour",
            Worst::High,
            (0.0, 0.0),
            words::usd,
            Figures::cost_per_hour,
        ),
        track(
            run,
            "calls per request",
            Worst::High,
            (0.0, 0.0),
            words::ratio,
            Figures::calls_per_request,
        ),
    ];
    // What never happened needs no line.
    tracks.retain(|track| {
        ["answered", "p99 first token"].contains(&track.label.as_str())
            || track.values.iter().flatten().any(|value| *value > 0.0)
    });
    if run.setting.deployments.len() > 1 {
        let shares = run.setting.deployments.iter().enumerate().map(|(at, name)| {
            track(
                run,
                &format!("by {name}"),
                Worst::High,
                (0.0, 1.0),
                words::share,
                move |it| it.share_of(at),
            )
        });
        tracks.extend(
            shares
                .filter(|track| track.values.iter().flatten().any(|value| *value > 0.0))
                .take(6),
        );
    }
    Timeline {
        title: format!("{}, {step}", run.setting.scenario),
        marked: "faults".to_owned(),
        marks: run
            .setting
            .faults
            .iter()
            .map(|fault| mark(run, fault, steps.len()))
            .collect(),
        tracks,
    }
}

fn mark(run: &ChaosReport, fault: &FaultWindow, steps: usize) -> Mark {
    let spans = fault.spans.iter().take(3);
    let times: Vec<String> = spans
        .map(|span| format!("{}–{}", words::clock(span.from_s), words::clock(span.to_s)))
        .collect();
    let more = if fault.spans.len() > 3 { ", …" } else { "" };
    Mark {
        steps: (0..steps).map(|step| fault.in_force(run.span(step))).collect(),
        note: format!("{} on {}, {}{more}", fault.label, fault.on, times.join(", ")),
    }
}

/// One number over time. A scale without an extent goes from 0 to the greatest value.
fn track(
    run: &ChaosReport,
    label: &str,
    worst: Worst,
    scale: (f64, f64),
    shown: fn(f64) -> String,
    of: impl Fn(&Figures) -> Option<f64>,
) -> Track {
    let all = |steps: &[Figures]| -> Vec<Option<f64>> {
        steps
            .iter()
            .map(|it| if it.requests > 0 { of(it) } else { None })
            .collect()
    };
    let values = all(&run.run.steps);
    let mut extreme: Option<(usize, f64)> = None;
    for (at, value) in values
        .iter()
        .enumerate()
        .filter_map(|(at, value)| Some((at, (*value)?)))
    {
        let beyond = extreme.is_none_or(|(_, known)| match worst {
            Worst::Low => value < known,
            Worst::High => value > known,
        });
        if beyond {
            extreme = Some((at, value));
        }
    }
    let base = run.baseline.as_ref().and_then(|baseline| of(&baseline.total));
    let note = extreme.map_or_else(String::new, |(at, value)| {
        let side = match worst {
            Worst::Low => "lowest",
            Worst::High => "highest",
        };
        let base = base.map_or_else(String::new, |base| format!(", baseline {}", shown(base)));
        format!("{side} {} at {}{base}", shown(value), words::clock(run.span(at).from_s))
    });
    let most = values
        .iter()
        .flatten()
        .chain(&base)
        .fold(0.0, |most: f64, value| most.max(*value));
    Track {
        label: label.to_owned(),
        scale: if scale.0 < scale.1 { scale } else { (0.0, most) },
        values,
        worst,
        note,
    }
}
