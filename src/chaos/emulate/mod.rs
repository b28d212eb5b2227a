//! Providers that are emulated on loopback: all APIs on one port, healthy or as a scenario's faults have it.
//!
//! A [`Call`] is read of a request; [`Answers`] say something; a [`Reply`] is that in the API's form, which
//! [`Stream`] cuts into events; `play` sends it as the call's [`Behaviour`](super::Behaviour) says.

mod answers;
mod call;
mod other;
mod play;
mod reply;
mod server;
mod stream;

pub use answers::{Answers, AnswersError, Said, USUAL_TOKENS};
pub use call::{Call, header};
pub use play::{Pace, Player, already_passed};
pub use reply::Reply;
pub(in crate::chaos) use server::plain_json;
pub use server::{EXPORTS, Emulator, run};
pub use stream::{Source, Step, Stream, broken_event};
