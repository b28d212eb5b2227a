//! What a client sees of one call, worked out from the [`Behaviour`] that the call meets. Pure: no clock, no
//! chance. The emulator plays the same behaviour on the wire.
//!
//! Where the client is an HTTP library its read timeout runs anew with each byte: before the first byte it is the
//! limit on the first token, after it the limit on silence (httpx 0.28, as the official SDKs and `LiteLLM` use it).

use crate::chaos::Behaviour;
use crate::chaos::behaviour::{Answer, Connection, Cut, CutHow, Words};
use crate::chaos::observation::Hollow;
use crate::pipeline::policy::{CallLimits, Failure, Limit, Tick, Useless};

/// Nanoseconds that never pass.
pub const NEVER: u64 = u64::MAX;
/// How long Linux tries to connect before it says that it cannot: six repeats of the first packet (`tcp_syn_retries`
/// of `tcp(7)`).
const SYN_GIVES_UP: u64 = 127_000_000_000;
/// Tokens and a cut that follow each other faster than this reach the client in one piece, and it sees the cut
/// alone (measured with `LiteLLM` 1.106.2: in one packet it falls back, 100 ms apart it does not).
const ONE_PIECE: u64 = 5_000_000;

/// A call in a provider that is well: times in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Until the first token.
    pub first: u64,
    /// Between two tokens.
    pub gap: u64,
    /// How many tokens the answer has; at least one.
    pub tokens: u32,
}

/// What a client sees of one call: times in nanoseconds since the call began.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Met {
    /// When the first token came; [`NEVER`]: it did not.
    pub first: u64,
    /// When the client knew how it ends; [`NEVER`]: it hangs, and nothing of the caller's ends it.
    pub end: u64,
    /// When the last token came before a silence that something ended, or nothing does.
    pub silent_from: u64,
    /// How it failed.
    pub failure: Option<Failure>,
    /// Whether a piece of the answer was seen before it failed.
    pub passed_on: bool,
    /// Tokens that came.
    pub tokens: u32,
    /// Whether the provider bills it.
    pub billed: bool,
    /// The status that came.
    pub status: Option<u16>,
    /// What is wrong with an answer that looks finished.
    pub hollow: Option<Hollow>,
}

impl Met {
    /// Nothing is known yet.
    pub const NOTHING: Self = Self {
        first: NEVER,
        end: NEVER,
        silent_from: 0,
        failure: None,
        passed_on: false,
        tokens: 0,
        billed: false,
        status: None,
        hollow: None,
    };
}

/// What surrounds a call on the client's side.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// When it begins.
    pub at: Tick,
    /// Whether a stream is asked for.
    pub streamed: bool,
    /// The limits.
    pub limits: CallLimits,
}

/// A call that ends well.
#[must_use]
pub fn well(pace: Pace, asked: &Asked) -> Met {
    limited(whole(pace, asked), pace, false, asked)
}

/// What a client sees of a call that meets this behaviour.
#[must_use]
pub fn meets(behaviour: &Behaviour, pace: Pace, asked: &Asked) -> Met {
    let timing = &behaviour.timing;
    let before = nanos(timing.before);
    let failed = |end: u64, failure: Failure, status: Option<u16>| Met {
        first: NEVER,
        end,
        silent_from: 0,
        failure: Some(failure),
        passed_on: false,
        tokens: 0,
        billed: false,
        status,
        hollow: None,
    };
    match behaviour.connection {
        Connection::Accepted => {}
        Connection::Refused | Connection::Tls | Connection::Dns => return failed(0, Failure::Connect, None),
        Connection::Reset | Connection::Closed => {
            return limited(failed(before, Failure::Connect, None), pace, false, asked);
        }
        Connection::Blackhole => {
            let connect = asked.limits.connect.map_or(NEVER, nanos);
            let met = if connect < SYN_GIVES_UP {
                failed(connect, Failure::TimedOut(Limit::Connect), None)
            } else {
                failed(SYN_GIVES_UP, Failure::Connect, None)
            };
            return limited(met, pace, false, asked);
        }
        Connection::Hang => return limited(failed(NEVER, Failure::Connect, None), pace, timing.headers_first, asked),
    }
    let paced = Pace {
        first: scaled(pace.first, timing.slower).saturating_add(before),
        // An even draw for each token comes to its half over the whole answer.
        gap: scaled(pace.gap, timing.pace_slower)
            .saturating_add(nanos(timing.between))
            .saturating_add(nanos(timing.jitter) / 2),
        tokens: pace.tokens.max(1),
    };
    let met = match &behaviour.answer {
        Answer::Good => good(behaviour, paced, asked),
        Answer::Error(refused) => failed(
            before,
            Failure::Status {
                status: refused.status,
                refusal: refused.refusal,
                retry_after: refused.retry_after.map(crate::chaos::behaviour::RetryAfter::wait),
            },
            Some(refused.status),
        ),
        Answer::Html(status) if *status >= 400 => failed(
            before,
            Failure::Status {
                status: *status,
                refusal: crate::pipeline::policy::Refusal::Plain,
                retry_after: None,
            },
            Some(*status),
        ),
        // A reader of events finds none in a page, and takes it for a stream that has ended.
        Answer::Html(status) if asked.streamed => failed(before, Failure::Unfinished, Some(*status)),
        Answer::Html(status) => failed(before, Failure::Unreadable, Some(*status)),
        Answer::Malformed => Met {
            billed: true,
            ..failed(
                if asked.streamed {
                    paced.first
                } else {
                    whole(paced, asked).end
                },
                Failure::Unreadable,
                Some(200),
            )
        },
        // The same with a body of JSON.
        Answer::ErrorBody(_) if asked.streamed => failed(before, Failure::Unfinished, Some(200)),
        Answer::ErrorBody(_) => failed(before, Failure::ErrorBody, Some(200)),
        Answer::Useless(useless) => useless_answer(*useless, paced, asked),
    };
    limited(met, paced, timing.headers_first, asked)
}

/// An answer as such is given: what else may be wrong with it.
fn good(behaviour: &Behaviour, pace: Pace, asked: &Asked) -> Met {
    let mut met = whole(pace, asked);
    if behaviour.words != Words::Right {
        met.hollow = Some(Hollow::Wrong);
    }
    // Another type of content stops only who reads the whole; a false encoding stops everybody.
    if behaviour.content_encoding.is_some() || (behaviour.content_type.is_some() && !asked.streamed) {
        met.end = if asked.streamed { pace.first } else { met.end };
        met.failure = Some(Failure::Unreadable);
        met.first = NEVER;
        met.tokens = 0;
        return met;
    }
    match behaviour.cut {
        Some(cut) if cut.after < pace.tokens => cut_off(cut, met, pace, asked),
        _ => met,
    }
}

fn whole(pace: Pace, asked: &Asked) -> Met {
    let end = pace
        .first
        .saturating_add(pace.gap.saturating_mul(u64::from(pace.tokens.max(1) - 1)));
    Met {
        first: if asked.streamed { pace.first } else { end },
        end,
        silent_from: 0,
        failure: None,
        passed_on: false,
        tokens: pace.tokens,
        billed: true,
        status: Some(200),
        hollow: None,
    }
}

/// A whole answer of no use: it takes its time and is billed.
fn useless_answer(useless: Useless, pace: Pace, asked: &Asked) -> Met {
    let has_text = matches!(useless, Useless::Length | Useless::Refused | Useless::BrokenArguments);
    let tokens = if has_text { pace.tokens } else { 1 };
    let mut met = whole(Pace { tokens, ..pace }, asked);
    met.failure = Some(Failure::Useless(useless));
    met.passed_on = has_text && asked.streamed;
    if !has_text {
        met.tokens = 0;
    }
    met
}

/// A body that ends early.
fn cut_off(cut: Cut, met: Met, pace: Pace, asked: &Asked) -> Met {
    let last = pace.gap.saturating_mul(u64::from(cut.after.max(1) - 1));
    let came = match (asked.streamed, cut.after) {
        // What is not streamed is sent when all of it is there.
        (false, _) => met.end,
        // The headers are sent at once, and nothing follows.
        (true, 0) => 0,
        (true, _) => pace.first.saturating_add(last),
    };
    let at = came.saturating_add(nanos(cut.pause));
    let failure = match (cut.how, asked.streamed) {
        (CutHow::Reset | CutHow::Close, _) => Failure::Broken,
        (CutHow::Clean, true) => Failure::Unfinished,
        (CutHow::Stall, streamed) => {
            return Met {
                first: if streamed && cut.after > 0 { pace.first } else { NEVER },
                end: NEVER,
                silent_from: if streamed && cut.after > 0 { came } else { 0 },
                failure: Some(Failure::TimedOut(if streamed { Limit::Idle } else { Limit::Total })),
                passed_on: streamed && cut.after > 0,
                tokens: cut.after,
                ..met
            };
        }
        (CutHow::Pause(silence), _) => return paused(nanos(silence), at, met, pace, asked),
        (CutHow::ErrorEvent(_), true) => Failure::ErrorEvent,
        (CutHow::ErrorEvent(_), false) => Failure::ErrorBody,
        (CutHow::Clean, false) | (CutHow::BrokenEvent, _) => Failure::Unreadable,
    };
    let in_one_piece = matches!(cut.how, CutHow::Reset | CutHow::Close) && at.saturating_sub(pace.first) < ONE_PIECE;
    let seen = asked.streamed && cut.after > 0 && !in_one_piece;
    Met {
        first: if seen { pace.first } else { NEVER },
        // A body whose length is right is read without waiting for what comes after it.
        end: if cut.how == CutHow::Clean && !asked.streamed {
            came
        } else {
            at
        },
        failure: Some(failure),
        passed_on: seen,
        tokens: if seen { cut.after } else { 0 },
        ..met
    }
}

/// Silence in the middle, after which it goes on; the caller's patience between two tokens may be shorter.
fn paused(silence: u64, at: u64, met: Met, pace: Pace, asked: &Asked) -> Met {
    let end = met.end.saturating_add(silence);
    let idle = asked.limits.idle.map_or(NEVER, nanos);
    if !asked.streamed || silence <= idle {
        let first = if asked.streamed { met.first } else { end };
        return Met { first, end, ..met };
    }
    let tokens = whole_tokens(at, pace);
    Met {
        end: at.saturating_add(idle),
        silent_from: at,
        failure: Some(Failure::TimedOut(Limit::Idle)),
        passed_on: tokens > 0,
        tokens,
        ..met
    }
}

/// How many tokens have come by a moment.
fn whole_tokens(at: u64, pace: Pace) -> u32 {
    let after_first = at.checked_sub(pace.first).map(|since| since / pace.gap.max(1));
    after_first.map_or(0, |more| u32::try_from(more + 1).unwrap_or(u32::MAX).min(pace.tokens))
}

/// The caller's limits: whichever comes first ends it.
fn limited(met: Met, pace: Pace, headers_first: bool, asked: &Asked) -> Met {
    let limits = &asked.limits;
    let deadline = if limits.deadline == Tick::NEVER {
        NEVER
    } else {
        limits.deadline.0.saturating_sub(asked.at.0)
    };
    let of = |limit: Option<std::time::Duration>| limit.map_or(NEVER, nanos);
    let timed_out = |end: u64, limit: Limit, billed: bool| Met {
        first: NEVER,
        end,
        silent_from: 0,
        failure: Some(Failure::TimedOut(limit)),
        passed_on: false,
        tokens: 0,
        billed,
        status: None,
        hollow: None,
    };
    if !asked.streamed {
        let (limit, which) = earlier(of(limits.total), Limit::Total, deadline);
        // A call that is given up goes on at the provider, and is billed when an answer is made.
        return if met.end > limit {
            timed_out(limit, which, met.billed && met.end != NEVER)
        } else {
            met
        };
    }
    let begins = met.first.min(met.end);
    // With the headers there, the client takes the silence for one of a stream that has begun.
    let kind = if headers_first || met.status == Some(200) && met.first == NEVER && met.end == NEVER {
        Limit::Idle
    } else {
        Limit::FirstToken
    };
    let (limit, which) = earlier(of(limits.first_token), kind, deadline);
    if begins > limit {
        return timed_out(limit, which, met.billed && met.end != NEVER);
    }
    let idle = of(limits.idle);
    if met.end == NEVER && met.first == NEVER {
        return met;
    }
    if met.end == NEVER {
        // It stalls after its first token.
        return Met {
            end: met.silent_from.saturating_add(idle),
            ..met
        };
    }
    if pace.gap > idle && met.tokens > 1 {
        return Met {
            end: met.first.saturating_add(idle),
            silent_from: met.first,
            failure: Some(Failure::TimedOut(Limit::Idle)),
            passed_on: true,
            tokens: 1,
            ..met
        };
    }
    met
}

const fn earlier(limit: u64, which: Limit, deadline: u64) -> (u64, Limit) {
    if deadline < limit {
        (deadline, Limit::Deadline)
    } else {
        (limit, which)
    }
}

fn nanos(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(NEVER)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "not negative, and a cast stops at the greatest number"
)]
#[expect(clippy::float_cmp, reason = "one is the default")]
fn scaled(nanos: u64, factor: f64) -> u64 {
    if factor == 1.0 {
        nanos
    } else {
        (nanos as f64 * factor) as u64
    }
}
