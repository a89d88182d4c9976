//! The daemon's proof that it knows the master password.

use std::net::IpAddr;

use reqwest::Method;

use super::{Client, ClientError, Credential};
use crate::proof::{Proof, ProofParameters, ProofRequest};

impl Client {
    /// Host and port of the daemon, as they are named in proofs.
    pub fn authority(&self) -> String {
        let port = self.base.port_or_known_default().unwrap_or_default();
        format!("{}:{port}", self.base.host_str().unwrap_or_default())
    }

    /// Host and port, if the host is a name for the local machine. Not with TLS, because certificates are
    /// issued for the name.
    pub fn local_name(&self) -> Option<(&str, u16)> {
        let host = self.base.host_str()?;
        let name = host.strip_suffix('.').unwrap_or(host);
        let local = name == "localhost" || name.ends_with(".localhost");
        let port = self.base.port_or_known_default()?;
        (local && self.base.scheme() == "http").then_some((host, port))
    }

    /// The same client for exactly this address, without resolving the name again.
    ///
    /// # Errors
    ///
    /// [`ClientError::BaseUrl`] if the URL cannot have an address as its host.
    pub fn pinned_to(mut self, ip: IpAddr) -> Result<Self, ClientError> {
        self.base.set_ip_host(ip).map_err(|()| ClientError::BaseUrl)?;
        Ok(self)
    }

    /// The parameters with which the daemon stretches the password.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn proof_parameters(&self) -> Result<ProofParameters, ClientError> {
        self.get("/v1/proof", Credential::None).await
    }

    /// Asks for a proof.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn prove(&self, request: &ProofRequest) -> Result<Proof, ClientError> {
        self.send(Method::POST, "/v1/proof", request, Credential::None).await
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    #[test]
    fn only_a_machines_name_for_itself_is_pinned() {
        let client = |url: &str| Client::new(url).expect("a client");
        for (url, port) in [
            ("http://localhost:3100", 3100),
            ("http://LOCALHOST", 80),
            ("http://localhost.:3100/", 3100),
            ("http://a.localhost:1", 1),
        ] {
            assert_eq!(client(url).local_name().map(|(_, port)| port), Some(port), "{url}");
        }
        for url in [
            "http://127.0.0.1:3100",
            "http://[::1]:3100",
            "https://localhost:3100",
            "http://wallet.example:3100",
            "http://localhost.example:3100",
            "http://notlocalhost:3100",
        ] {
            assert_eq!(client(url).local_name(), None, "{url}");
        }
        for (ip, authority) in [
            (IpAddr::from(Ipv4Addr::LOCALHOST), "127.0.0.1:3100"),
            (IpAddr::from(Ipv6Addr::LOCALHOST), "[::1]:3100"),
        ] {
            let pinned = client("http://localhost:3100").pinned_to(ip).expect("pinned");
            assert_eq!(pinned.authority(), authority);
            assert_eq!(pinned.local_name(), None);
        }
    }
}
