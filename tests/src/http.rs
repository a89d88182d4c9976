//! HTTP clients of the tests.

use reqwest::{Client, ClientBuilder};

/// A client for a URL. Over plain HTTP it does not read the system's certificates, which takes longer than
/// most requests.
pub fn client_for(url: &str) -> Client {
    if url.starts_with("https:") { Client::new() } else { plain_client().build().unwrap_or_default() }
}

/// A client that speaks plain HTTP, to be built.
pub(crate) fn plain_client() -> ClientBuilder {
    Client::builder().no_proxy().tls_certs_only([])
}
