//! The path of one request. `policy/` holds what decides, as pure state machines on a clock that is handed
//! in: the simulator runs them in virtual time. `live/` runs the same machines with real providers.

pub mod live;
pub mod policy;
