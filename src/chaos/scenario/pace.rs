//! A scenario in less time, and with room before and after its faults: nobody waits half an hour on a laptop.

use std::time::Duration;

use super::Scenario;

/// The least share of a run that comes before its first fault and after its last one.
const ROOM: f64 = 0.2;

impl Scenario {
    /// The same scenario with its schedule so many times as fast: how long traffic goes on, when faults begin and
    /// how long they last. What one call meets (latencies, waits, limits) and what users do (rate, patience,
    /// timeouts) stay as they are, since the application's own timeouts do.
    #[must_use]
    pub fn faster(self, speed: f64) -> Self {
        let scaled = |it: Duration| Duration::try_from_secs_f64(it.as_secs_f64() / speed).unwrap_or(it);
        self.with(|scenario| {
            scenario.traffic.lasts = scaled(scenario.traffic.lasts);
            for fault in &mut scenario.faults {
                fault.at = scaled(fault.at);
                fault.lasts = fault.lasts.map(scaled);
                fault.every = fault.every.map(scaled);
            }
        })
    }

    /// The same scenario with time before its first fault, to see how it is when all is well, and after its last
    /// one, to see it recover. A fault without an end stays without one.
    #[must_use]
    pub fn with_room(self) -> Self {
        let Some((begin, end)) = self.fault_span() else {
            return self;
        };
        let lasts = self.traffic.lasts;
        let room = lasts.mul_f64(ROOM);
        let lead = room.saturating_sub(begin);
        let endless = self.faults.iter().any(|fault| fault.over().is_none());
        let tail = if endless {
            Duration::ZERO
        } else {
            room.saturating_sub(lasts.saturating_sub(end))
        };
        self.with(|scenario| {
            scenario.traffic.lasts = lasts + lead + tail;
            scenario.faults.iter_mut().for_each(|fault| fault.at += lead);
        })
    }

    /// The same scenario with the faults of providers falling on something else.
    ///
    /// # Errors
    /// Says what may stand there.
    pub fn aimed(self, on: &str) -> Result<Self, String> {
        let selector = super::Selector::parse(on)?;
        Ok(self.with(|scenario| {
            for fault in &mut scenario.faults {
                if !fault.on.contains(&super::Selector::Requests) {
                    fault.on = vec![selector.clone()];
                }
            }
        }))
    }
}
