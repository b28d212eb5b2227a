//! What a stage hands over for rendering.

use crate::source::Place;

use super::{Finding, Severity};

/// A table of text cells: per-route numbers, the what-if table.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The name in file names: `routes` gives `routes.csv`.
    pub name: String,
    /// The heading for people.
    pub title: String,
    /// Column names, as in the CSV header.
    pub columns: Vec<String>,
    /// The rows; each as long as `columns`.
    pub rows: Vec<Vec<String>>,
    /// Rows after these that were not made, because no output that was asked for shows them.
    pub left_out: usize,
    /// How many columns from the left the terminal shows; the rest is for CSV and JSON. 0: all is.
    pub shown_columns: usize,
}

/// Which values of a track matter most, when there is no room for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worst {
    /// The low ones.
    Low,
    /// The high ones.
    High,
}

/// One number over time.
#[derive(Debug, Clone)]
pub struct Track {
    /// What it is.
    pub label: String,
    /// Its value in each step; `None`: there is none.
    pub values: Vec<Option<f64>>,
    /// The ends of its scale.
    pub scale: (f64, f64),
    /// Which values matter.
    pub worst: Worst,
    /// What to know of it, behind the drawing.
    pub note: String,
}

/// Steps of a timeline in which something was the case.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Whether it was, in each step.
    pub steps: Vec<bool>,
    /// What it is, behind the drawing.
    pub note: String,
}

/// Numbers over time, drawn as lines of blocks under one another.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// The heading.
    pub title: String,
    /// What the marks are: `faults`.
    pub marked: String,
    /// When what was the case.
    pub marks: Vec<Mark>,
    /// The numbers.
    pub tracks: Vec<Track>,
}

/// One of the questions that a stage answers, and its answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The question.
    pub question: String,
    /// The answer in short: "3 of 4 routes".
    pub headline: String,
    /// Lines that carry the evidence.
    pub lines: Vec<String>,
    /// How bad it is; `None`: it holds.
    pub severity: Option<Severity>,
}

/// One summand or factor of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// What it is and how it enters: "3 attempts × 6000 s".
    pub text: String,
    /// Where it comes from: `file:line:column`, or the default of a product.
    pub origin: String,
}

/// A number with all that it was computed from.
#[derive(Debug, Clone)]
pub struct Explained {
    /// Its name: `assistant.longest-wait`.
    pub name: String,
    /// Its value for people.
    pub value: String,
    /// Its value for machines, in the unit; `None`: unbounded or unknown.
    pub number: Option<f64>,
    /// The unit: `s`, `calls`, `USD`, `USD/h`, `tokens`, `1`.
    pub unit: &'static str,
    /// What it was computed from.
    pub terms: Vec<Term>,
}

/// What reports say about a rule.
#[derive(Debug, Clone, Copy)]
pub struct RuleInfo {
    /// The rule's name.
    pub name: &'static str,
    /// One line.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// How to mend it, as Markdown.
    pub how: &'static str,
    /// Its usual severity.
    pub severity: Severity,
}

/// How one test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestStatus {
    /// As expected.
    Passed,
    /// Not as expected.
    Failed,
    /// It could not be run or judged.
    Errored,
    /// Nothing was expected of it.
    Unjudged,
}

/// One test of a stage that runs tests.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// Its name.
    pub name: String,
    /// What it belongs to: `help-centre.base`.
    pub group: String,
    /// Where it stands.
    pub place: Option<Place>,
    /// How it ended.
    pub status: TestStatus,
    /// The first thing to know, in a line.
    pub headline: String,
    /// More, each under a word: `question`, `answer`, `evidence`, `why`.
    pub facts: Vec<(&'static str, String)>,
    /// How long it took, when that says something about what was tested.
    pub seconds: Option<f64>,
}

/// A page that a stage lays out itself, for HTML.
#[derive(Debug, Clone)]
pub struct Page {
    /// The page, with `/*DATA*/` where the data go.
    pub template: &'static str,
    /// What it shows.
    pub data: serde_json::Value,
}

/// A stage's whole result.
#[derive(Debug, Default)]
pub struct Report {
    /// The stage: `audit`.
    pub stage: &'static str,
    /// What was found, most harmful first.
    pub findings: Vec<Finding>,
    /// Tests, of a stage that runs tests.
    pub tests: Vec<TestResult>,
    /// Whether the answers tell of the tests already, so that people need not be told twice.
    pub tests_in_answers: bool,
    /// What CSV holds in place of the findings.
    pub lead: Option<Table>,
    /// What HTML shows in place of the plain page.
    pub page: Option<Page>,
    /// Numbers over time.
    pub timelines: Vec<Timeline>,
    /// Tables.
    pub tables: Vec<Table>,
    /// Answers to the stage's questions.
    pub answers: Vec<Answer>,
    /// Numbers with their terms.
    pub explained: Vec<Explained>,
    /// The rules that were run.
    pub rules: Vec<RuleInfo>,
    /// Files that could not be read, and why: each a whole error text.
    pub unreadable: Vec<String>,
    /// One line on what was read: "12 files: 3 litellm, 2 compose, 7 code".
    pub summary: String,
    /// Further lines of the summary: what was hidden by a baseline, by suppressions, by confidence.
    pub notes: Vec<String>,
}
