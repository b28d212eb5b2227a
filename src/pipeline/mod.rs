//! The path of one request. `policy/` holds what decides, as pure state machines on a clock that is handed
//! in: the simulator runs them in virtual time, the middleware runs the same code live.

pub mod policy;
