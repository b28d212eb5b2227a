//! The providers that `aisys chaos run --emulate` brings itself: one port, and for each scenario its own providers.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::chaos::Scenario;
use crate::chaos::emulate::{Answers, Emulator, run as serve};
use crate::chaos::live::Director;

use super::Failure;

/// A port that stays the same from scenario to scenario.
pub(super) struct Port {
    listener: TcpListener,
    address: SocketAddr,
}

impl Port {
    /// Takes a port of this machine; 0 takes a free one.
    pub(super) fn open(port: u16) -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Its address, such as `http://127.0.0.1:4010`.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves a scenario's providers, with its clock at a stand until the load sets the faults, until the task is
    /// aborted.
    pub(super) fn serve(
        &self,
        runtime: &Runtime,
        scenario: &Scenario,
        answers: &str,
    ) -> Result<JoinHandle<()>, Failure> {
        let answers = Answers::parse(answers).map_err(|error| Failure::Usage(error.to_string()))?;
        let emulator = Arc::new(Emulator {
            director: Arc::new(Director::new(scenario.clone(), false, None, None)),
            answers,
            has_traffic: true,
        });
        let _entered = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(self.listener.try_clone()?)?;
        // A listener that fails is seen by the load, which nobody answers then.
        Ok(runtime.spawn(async move { drop(serve(listener, emulator).await) }))
    }
}
