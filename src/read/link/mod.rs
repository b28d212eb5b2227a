//! Joins what belongs together: services with the gateways that they run, models with the services
//! that serve them, code with the gateways that it calls.
//!
//! One file for each idea: override files, which service runs which gateway, what the environment
//! settles, the hosts of model servers, and calls that reach a gateway's route.

mod calls;
mod environment;
mod hosts;
mod overrides;
mod runners;

#[cfg(test)]
mod tests;

use std::path::{Component, Path, PathBuf};

use crate::source::Place;
use crate::system::{CallId, GatewayId, ServiceId, System};

/// Joins the parts of a system that was read from several files.
pub(super) fn link(system: &mut System) {
    overrides::merge(system);
    for service in 0..system.services.len() {
        runners::join(system, ServiceId(service));
    }
    for gateway in 0..system.gateways.len() {
        environment::settle(system, GatewayId(gateway));
    }
    hosts::name(system);
    for call in 0..system.calls.len() {
        calls::reach(system, CallId(call));
    }
}

/// The folder of the file that a place is in.
fn folder(place: &Place) -> &Path {
    place.file.path().parent().unwrap_or_else(|| Path::new(""))
}

/// A path without `.` and `..`, as far as they can be resolved without the disk.
fn normal(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if parts.file_name().is_some() => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts
}
