//! `ports` in short and long form (Compose specification, "ports").

use crate::read::interpolate::with_defaults;
use crate::source::Node;
use crate::system::{PublishedPort, Setting, providers};

/// The ports of one list that are opened on the host.
pub(super) fn read(list: &Node) -> Vec<Setting<PublishedPort>> {
    list.items()
        .filter_map(|item| {
            let port = if item.as_map().is_some() {
                long(item)?
            } else {
                short(&item.scalar_text()?)
            };
            Some(Setting::written(port, item.place.clone()))
        })
        .collect()
}

/// `[address:][host:]container[/protocol]`; without a host part the host picks a port.
fn short(text: &str) -> PublishedPort {
    let filled = with_defaults(text);
    let bare = filled.split('/').next().unwrap_or(&filled);
    let (rest, container) = bare.rsplit_once(':').unwrap_or(("", bare));
    let (address, host) = match rest.rsplit_once(':') {
        Some((address, host)) => (Some(address), host),
        None => (None, rest),
    };
    PublishedPort {
        text: text.to_owned(),
        host: first(host),
        container: first(container),
        every_interface: address.is_none_or(is_everywhere),
    }
}

fn long(node: &Node) -> Option<PublishedPort> {
    let text = |key: &str| {
        node.get(key)
            .and_then(Node::scalar_text)
            .map(|text| with_defaults(&text))
    };
    let target = text("target")?;
    let published = text("published");
    let address = text("host_ip");
    let shown = [address.as_deref(), published.as_deref(), Some(&target)];
    Some(PublishedPort {
        text: shown.into_iter().flatten().collect::<Vec<_>>().join(":"),
        host: published.as_deref().and_then(first),
        container: first(&target),
        every_interface: address.as_deref().is_none_or(is_everywhere),
    })
}

/// The first port of a range, or the port.
fn first(range: &str) -> Option<u16> {
    range.split('-').next()?.trim().parse().ok()
}

/// Whether an address stands for every interface. One that comes from the environment is out of
/// sight, and whoever makes it a choice has thought of it.
fn is_everywhere(address: &str) -> bool {
    matches!(address, "" | "0.0.0.0" | "::" | "[::]" | "*")
        || !(address.starts_with('$') || address == "localhost" || providers::is_local_host(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_tell_ports_and_interfaces() {
        for (text, host, container, every_interface) in [
            ("4000:4000", Some(4000), Some(4000), true),
            ("8080:4000/tcp", Some(8080), Some(4000), true),
            ("127.0.0.1:8080:4000", Some(8080), Some(4000), false),
            ("[::1]:8080:4000", Some(8080), Some(4000), false),
            ("0.0.0.0:8080:4000", Some(8080), Some(4000), true),
            ("3000", None, Some(3000), true),
            ("${PORT:-4000}:4000", Some(4000), Some(4000), true),
            ("${PORT}:4000", None, Some(4000), true),
            ("${BIND}:80:4000", Some(80), Some(4000), false),
            ("${BIND:-0.0.0.0}:80:4000", Some(80), Some(4000), true),
            ("3000-3005:3000-3005", Some(3000), Some(3000), true),
        ] {
            let expected = PublishedPort {
                text: text.to_owned(),
                host,
                container,
                every_interface,
            };
            assert_eq!(short(text), expected);
        }
    }
}
