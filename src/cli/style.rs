//! Whether and how wide the terminal is.

use std::io::IsTerminal;

use crate::report::Style;

/// When colour is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The style for the standard output.
pub(super) fn of_stdout(color: Color, verbose: bool) -> Style {
    let terminal = std::io::stdout().is_terminal();
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let color = match color {
        Color::Auto => terminal && !no_color && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        Color::Always => true,
        Color::Never => false,
    };
    let width = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .or_else(|| terminal_width(terminal))
        .unwrap_or(120);
    Style {
        color,
        width: width.clamp(60, 200),
        verbose,
    }
}

fn terminal_width(terminal: bool) -> Option<usize> {
    terminal
        .then(terminal_size::terminal_size)
        .flatten()
        .map(|(width, _)| usize::from(width.0))
}
