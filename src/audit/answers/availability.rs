//! The share of requests that are answered, exact over the fate model.
//!
//! Each fate is up with a probability of its own, independently of the others; a deployment is up
//! when all its fates are. The probability that any of several deployments is up is computed by
//! pivoting on shared fates (Shannon expansion), so that shared fates are counted once.

use crate::system::{Fate, FateKind, Plan, Route, System};

use super::number::{Number, Unit};
use super::survival;
use super::terms::Terms;

/// Default availabilities: beginning of the fate's name, share, and where it comes from. Service
/// level agreements say what is promised per month, not what is measured; where a provider promises
/// nothing the figure is a working assumption and says so. `--availability` overrides each.
pub const DEFAULTS: &[(FateKind, &str, f64, &str)] = &[
    (
        FateKind::Provider,
        "azure",
        0.999,
        "Microsoft's SLA for Azure OpenAI: 99.9 % a month",
    ),
    (
        FateKind::Provider,
        "bedrock",
        0.999,
        "Amazon's SLA for Bedrock: 99.9 % a month",
    ),
    (
        FateKind::Provider,
        "vertex",
        0.999,
        "Google's SLA for Vertex AI generative models: 99.9 % a month",
    ),
    (
        FateKind::Provider,
        "",
        0.995,
        "assumed: no SLA on the standard tier (3.6 h a month)",
    ),
    (
        FateKind::Region,
        "",
        0.9995,
        "assumed: a region's own incidents (22 min a month)",
    ),
    (
        FateKind::Account,
        "",
        0.9995,
        "assumed: key revoked, quota or balance spent (22 min a month)",
    ),
    (
        FateKind::Host,
        "",
        0.995,
        "assumed: one machine with updates and restarts (3.6 h a month)",
    ),
    (
        FateKind::Model,
        "",
        0.999,
        "assumed: incidents of one model alone (43 min a month)",
    ),
    (
        FateKind::Service,
        "",
        0.999,
        "assumed: one container with updates and restarts (43 min a month)",
    ),
];

/// Availabilities by fate: the user's, else the defaults.
#[derive(Debug, Clone, Default)]
pub struct Availabilities {
    /// What the user says: a fate's name, or `kind:name`, and a share from 0 to 1.
    pub declared: Vec<(String, f64)>,
}

impl Availabilities {
    /// A fate's availability and where it comes from.
    #[must_use]
    pub fn of(&self, fate: &Fate) -> (f64, &str) {
        let declared = self.declared.iter().find(|(name, _)| {
            *name == fate.name
                || name
                    .split_once(':')
                    .is_some_and(|(kind, name)| kind == fate.kind.name() && name == fate.name)
        });
        if let Some((_, share)) = declared {
            return (*share, "--availability");
        }
        DEFAULTS
            .iter()
            .find(|(kind, name, ..)| *kind == fate.kind && fate.name.starts_with(name))
            .map_or((1.0, "not in the table"), |(_, _, share, source)| (*share, *source))
    }
}

/// Alternatives that all must be up at once are multiplied out up to so many.
const MOST_PATHS: usize = 256;
/// Choices by weight are multiplied out up to so many.
const MOST_CHOICES: usize = 64;

/// A set of fates that must all be up: one way to an answer.
type Path = Vec<usize>;

/// The share of requests that a plan answers.
pub(super) fn of(
    system: &System,
    route: &Route,
    plan: &Plan,
    availabilities: &Availabilities,
    mut terms: Terms,
) -> Number {
    let mut fates = Vec::new();
    let choices = choices(system, plan, &mut fates);
    let services = system.path_services(route);
    let shares: Vec<f64> = fates.iter().map(|fate| availabilities.of(fate).0).collect();
    let answered: f64 = choices
        .iter()
        .map(|(weight, paths)| weight * any_up(paths.clone(), &shares))
        .sum();
    let all_services: f64 = services.iter().map(|service| availabilities.of(service).0).product();
    for fate in fates.iter().chain(&services) {
        let (share, source) = availabilities.of(fate);
        terms.push(|| format!("{fate}: {}", percent(share)), &source);
    }
    Number::new(answered * all_services, Unit::Share, terms)
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1_000_000.0).round() / 10_000.0)
}

/// The plan as choices by weight, each with its ways to an answer.
fn choices(system: &System, plan: &Plan, fates: &mut Vec<Fate>) -> Vec<(f64, Vec<Path>)> {
    match plan {
        Plan::Try(attempt) => {
            let path = system
                .deployment(attempt.deployment)
                .fates()
                .into_iter()
                .map(|fate| index(fates, fate))
                .collect();
            vec![(1.0, vec![path])]
        }
        Plan::Pick { branches, ejects: true } => {
            let parts = branches.iter().map(|(_, plan)| choices(system, plan, fates)).collect();
            combine(parts, &either)
        }
        Plan::Pick { branches, .. } => survival::shares(branches)
            .flat_map(|(share, plan)| {
                choices(system, plan, fates)
                    .into_iter()
                    .map(move |(weight, paths)| (share * weight, paths))
            })
            .take(MOST_CHOICES)
            .collect(),
        Plan::First(branches) => {
            let parts = branches
                .iter()
                .filter(|branch| !matches!(branch.plan, Plan::Degraded(_)))
                .map(|branch| choices(system, &branch.plan, fates))
                .collect();
            combine(parts, &either)
        }
        Plan::Retry(retry) => choices(system, &retry.plan, fates),
        Plan::Within { plan, .. } => choices(system, plan, fates),
        Plan::All(plans) => {
            let parts = plans.iter().map(|plan| choices(system, plan, fates)).collect();
            combine(parts, &both)
        }
        Plan::Degraded(_) => vec![(1.0, Vec::new())],
    }
}

fn index(fates: &mut Vec<Fate>, fate: Fate) -> usize {
    fates.iter().position(|it| *it == fate).unwrap_or_else(|| {
        fates.push(fate);
        fates.len() - 1
    })
}

/// Every combination of the parts' choices, its weights multiplied and its paths joined.
fn combine(parts: Vec<Vec<(f64, Vec<Path>)>>, join: &impl Fn(&[Path], &[Path]) -> Vec<Path>) -> Vec<(f64, Vec<Path>)> {
    let mut parts = parts.into_iter();
    let Some(mut combined) = parts.next() else {
        return vec![(1.0, Vec::new())];
    };
    for part in parts {
        combined = combined
            .iter()
            .flat_map(|(weight, paths)| {
                part.iter()
                    .map(move |(more, other)| (weight * more, join(paths, other)))
            })
            .take(MOST_CHOICES)
            .collect();
    }
    combined
}

fn either(left: &[Path], right: &[Path]) -> Vec<Path> {
    let mut paths: Vec<Path> = left.iter().chain(right).cloned().collect();
    paths.truncate(MOST_PATHS);
    paths
}

fn both(left: &[Path], right: &[Path]) -> Vec<Path> {
    left.iter()
        .flat_map(|a| {
            right.iter().map(move |b| {
                let mut path = a.clone();
                path.extend(b.iter().filter(|at| !a.contains(at)));
                path
            })
        })
        .take(MOST_PATHS)
        .collect()
}

/// The probability that all fates of at least one path are up.
fn any_up(paths: Vec<Path>, shares: &[f64]) -> f64 {
    if paths.is_empty() {
        return 0.0;
    }
    if paths.iter().any(Vec::is_empty) {
        return 1.0;
    }
    let mut down = 1.0;
    for component in components(paths) {
        down *= 1.0 - connected_up(component, shares);
    }
    1.0 - down
}

/// The same for paths that hang together through shared fates.
fn connected_up(mut paths: Vec<Path>, shares: &[f64]) -> f64 {
    for path in &mut paths {
        path.sort_unstable();
    }
    paths.sort();
    paths.dedup();
    if let [only] = paths.as_slice() {
        return only.iter().map(|at| shares[*at]).product();
    }
    // The most shared fate parts the paths soonest.
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for at in paths.iter().flatten() {
        match counts.iter_mut().find(|(known, _)| known == at) {
            Some((_, count)) => *count += 1,
            None => counts.push((*at, 1)),
        }
    }
    let Some((pivot, _)) = counts
        .into_iter()
        .max_by_key(|(at, count)| (*count, std::cmp::Reverse(*at)))
    else {
        return 1.0;
    };
    let share = shares[pivot];
    let up: Vec<Path> = paths
        .iter()
        .map(|path| path.iter().copied().filter(|at| *at != pivot).collect())
        .collect();
    let down: Vec<Path> = paths.into_iter().filter(|path| !path.contains(&pivot)).collect();
    share * any_up(up, shares) + (1.0 - share) * any_up(down, shares)
}

/// Groups of paths that share no fate with one another.
fn components(paths: Vec<Path>) -> Vec<Vec<Path>> {
    let mut groups: Vec<(Vec<usize>, Vec<Path>)> = Vec::new();
    for path in paths {
        let (touching, mut apart): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .partition(|(fates, _)| path.iter().any(|at| fates.contains(at)));
        let mut fates = path.clone();
        let mut joined = vec![path];
        for (more, others) in touching {
            fates.extend(more);
            joined.extend(others);
        }
        apart.push((fates, joined));
        groups = apart;
    }
    groups.into_iter().map(|(_, paths)| paths).collect()
}
