//! A reverse proxy in front of real providers: it passes bytes, and plays a fault where one strikes.
//!
//! While no fault is in force a request is relayed without being read (`relay`). Otherwise its call is read and
//! decided about (`strike`): faults that replace the answer are played as by the emulator and the server is not
//! asked; the others change the server's answer on its way, event by event (`events`).

mod events;
mod relay;
mod server;
mod strike;
mod upstream;

pub use server::{Proxy, run};
pub use upstream::{Upstream, UpstreamError};
