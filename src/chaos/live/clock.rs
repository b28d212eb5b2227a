//! The scenario's time in a real run: it starts with the server, and can be paused and moved.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Moment;

/// A clock that counts from the scenario's beginning.
#[derive(Debug)]
pub struct ScenarioClock {
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// It ran from this reading since that moment.
    Running(Duration, Moment),
    Paused(Duration),
}

impl State {
    fn reading(self) -> Duration {
        match self {
            Self::Running(from, since) => from.saturating_add(since.elapsed()),
            Self::Paused(at) => at,
        }
    }
}

impl ScenarioClock {
    /// A clock that stands at zero and runs, or waits to be started.
    #[must_use]
    pub fn new(running: bool) -> Self {
        let state = if running {
            State::Running(Duration::ZERO, Moment::now())
        } else {
            State::Paused(Duration::ZERO)
        };
        Self {
            state: Mutex::new(state),
        }
    }

    /// Time since the scenario's beginning.
    #[must_use]
    pub fn at(&self) -> Duration {
        self.change(|state| state)
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*state, State::Running(..))
    }

    /// Goes on from where it stands.
    pub fn start(&self) {
        self.change(|state| match state {
            State::Paused(at) => State::Running(at, Moment::now()),
            running @ State::Running(..) => running,
        });
    }

    /// Stops where it stands.
    pub fn pause(&self) {
        self.change(|state| State::Paused(state.reading()));
    }

    /// Moves to another time; it runs on or stands as before.
    pub fn jump(&self, to: Duration) {
        self.change(|state| match state {
            State::Running(..) => State::Running(to, Moment::now()),
            State::Paused(_) => State::Paused(to),
        });
    }

    /// Changes the state and gives the new reading.
    fn change(&self, change: impl FnOnce(State) -> State) -> Duration {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = change(*state);
        state.reading()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_runs_stands_and_jumps() {
        let clock = ScenarioClock::new(true);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(clock.at(), Duration::from_secs(5));
        clock.pause();
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(clock.at(), Duration::from_secs(5));
        clock.jump(Duration::from_mins(10));
        clock.start();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(clock.at(), Duration::from_secs(601));
    }
}
