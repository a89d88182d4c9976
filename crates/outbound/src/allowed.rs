//! The operator's allow-list: addresses that may be reached although they are not public, or without TLS.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use thiserror::Error;

/// Entries of the allow-list. An empty list allows nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AllowList(Vec<Entry>);

/// Addresses, on one port or on all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Entry {
    network: IpNet,
    port: Option<u16>,
}

/// A text that is not an entry of the allow-list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("must be IP addresses such as 10.1.2.3, 10.1.2.3:8443, [::1]:8443 or 10.1.0.0/16")]
pub struct NotAnEntry;

impl FromStr for Entry {
    type Err = NotAnEntry;

    fn from_str(text: &str) -> Result<Self, NotAnEntry> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            let network = IpNet::from(address.ip().to_canonical());
            return if address.port() == 0 {
                Err(NotAnEntry)
            } else {
                Ok(Self { network, port: Some(address.port()) })
            };
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self { network: IpNet::from(address.to_canonical()), port: None });
        }
        let network = text.parse::<IpNet>().map_err(|_| NotAnEntry)?;
        // A range whose address has bits beyond its length is more often a slip than intended.
        if network.trunc() == network { Ok(Self { network, port: None }) } else { Err(NotAnEntry) }
    }
}

impl AllowList {
    /// Parses entries: an IP address, an IP address with a port, or a range of IP addresses.
    ///
    /// # Errors
    ///
    /// [`NotAnEntry`] if a text is something else.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, NotAnEntry> {
        texts.iter().map(|text| text.as_ref().parse()).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the list contains an address. An IPv4 address mapped into IPv6 counts as the IPv4 address.
    pub fn contains(&self, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        self.0
            .iter()
            .any(|entry| entry.network.contains(&ip) && entry.port.is_none_or(|port| port == address.port()))
    }

    /// Whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(entry: &str, address: &str) -> bool {
        AllowList::parse(&[entry]).expect(entry).contains(address.parse().expect(address))
    }

    #[test]
    fn an_entry_names_an_address_a_port_or_a_range() {
        assert!(contains("10.1.2.3", "10.1.2.3:1"));
        assert!(!contains("10.1.2.3", "10.1.2.4:1"));
        assert!(contains("10.1.2.3:80", "10.1.2.3:80"));
        assert!(!contains("10.1.2.3:80", "10.1.2.3:81"));
        assert!(contains("10.1.0.0/16", "10.1.255.255:9"));
        assert!(!contains("10.1.0.0/16", "10.2.0.0:9"));
        assert!(contains("[::1]:80", "[::1]:80"));
        assert!(contains("fd00::/8", "[fd12::1]:80"));
        assert!(contains("127.0.0.1", "[::ffff:127.0.0.1]:80"), "the same address in another form");
        assert!(contains("::ffff:127.0.0.1", "127.0.0.1:80"));
        assert!(!AllowList::default().contains("127.0.0.1:80".parse().expect("address")));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "localhost", "localhost:80", "10.1.2.3:0", "10.1.2.3/16", "10.0.0.0/33", "*", "10.1.2"]
        {
            assert!(AllowList::parse(&[text]).is_err(), "{text}");
        }
    }
}
