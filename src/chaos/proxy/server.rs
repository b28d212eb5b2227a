//! The proxy's port: connections are dealt out in turn to one thread for each core, and stay there.

use std::io;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::relay::{Kept, relay};
use super::strike::strike;
use super::upstream::Upstream;
use crate::chaos::emulate::plain_json;
use crate::chaos::live::{Client, Director, Ending, admin, request};

/// A proxy.
pub struct Proxy {
    /// Decides what calls meet.
    pub director: Arc<Director>,
    /// Where requests go.
    pub upstream: Upstream,
    /// The provider's name for faults; `None`: as the address's path tells.
    pub provider: Option<String>,
}

/// Serves connections for ever, on so many threads.
///
/// # Errors
/// Fails when threads cannot be had.
pub async fn run(listener: TcpListener, proxy: Arc<Proxy>, threads: usize) -> io::Result<()> {
    let mut workers = Vec::new();
    for at in 0..threads.max(1) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let proxy = Arc::clone(&proxy);
        std::thread::Builder::new()
            .name(format!("proxy-{at}"))
            .spawn(move || work(&proxy, receiver))?;
        workers.push(sender);
    }
    for at in 0_usize.. {
        let Ok((socket, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        if let Ok(socket) = socket.into_std() {
            let _ = workers[at % workers.len()].send(socket);
        }
    }
    Ok(())
}

/// One thread: all its connections share one loop and nothing else.
fn work(proxy: &Arc<Proxy>, mut sockets: mpsc::UnboundedReceiver<std::net::TcpStream>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return;
    };
    runtime.block_on(async {
        while let Some(socket) = sockets.recv().await {
            let proxy = Arc::clone(proxy);
            // A client that goes, or a server that breaks off, ends the connection and nothing more.
            tokio::spawn(async move { proxy.serve(TcpStream::from_std(socket)?).await });
        }
    });
}

impl Proxy {
    async fn serve(&self, socket: TcpStream) -> io::Result<()> {
        let mut client = Client::new(socket)?;
        let mut kept = Kept::default();
        while let Some(outline) = client.next_head().await? {
            let ending = if client.unread[outline.target.clone()].starts_with(admin::PREFIX.as_bytes()) {
                self.admin(&mut client).await?
            } else if self.director.is_quiet() {
                relay(&mut client, &outline, &self.upstream, &mut kept).await?
            } else {
                // Its future is large, and rare: kept apart, ten thousand quiet streams do not pay for it.
                Box::pin(strike(self, &mut client, &outline, &mut kept)).await?
            };
            match client.end(ending).await? {
                Some(back) => client = back,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    async fn admin(&self, client: &mut Client) -> io::Result<Ending> {
        let unread = std::mem::take(&mut client.unread);
        let Ok(Some(head)) = request(&unread) else {
            return Ok(Ending::Close);
        };
        client.unread = unread[head.bytes..].to_vec();
        let body = client.body(head.length).await?.unwrap_or_default();
        let (status, value) = admin::answer(&self.director, head.method, head.target, &body);
        plain_json(client, status, &value, head.keeps).await
    }
}
