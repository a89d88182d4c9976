//! One GET with a bounded answer. Independent of the format of prices.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use waiaas_outbound::Lane;

use super::PriceError;

/// The HTTP client that sources share.
pub type HttpClient = Client;

/// Well above the size of any documented answer for one asset.
const MAX_BYTES: usize = 256 * 1024;

/// Makes a client that follows no redirect, so that only answers of the configured host are used.
///
/// # Errors
///
/// [`PriceError::Setup`] if the client cannot be built.
pub fn client(timeout: Duration) -> Result<HttpClient, PriceError> {
    let agent = concat!("waiaas/", env!("CARGO_PKG_VERSION"));
    Client::builder()
        .timeout(timeout)
        .redirect(Policy::none())
        .user_agent(agent)
        .build()
        .map_err(|e| PriceError::Setup { reason: e.without_url().to_string() })
}

/// Reads a base URL, to which [`at`] adds paths.
pub(super) fn base(text: &str) -> Result<Url, PriceError> {
    let setup = |reason: &str| PriceError::Setup { reason: reason.to_owned() };
    let url = Url::parse(text).map_err(|_| setup("the base URL is not a URL"))?;
    if url.cannot_be_a_base() { Err(setup("the base URL cannot have a path")) } else { Ok(url) }
}

/// Returns `base` with further path segments and a query.
pub(super) fn at(base: &Url, path: &[&str], query: &[(&str, &str)]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url.query_pairs_mut().extend_pairs(query);
    url
}

/// Returns the body of a successful answer.
pub(super) async fn get(client: &HttpClient, url: Url, headers: HeaderMap) -> Result<Vec<u8>, PriceError> {
    let unreachable = |e: reqwest::Error| PriceError::Unreachable(e.without_url());
    let get = client.get(url).headers(headers);
    let sent = Lane::Services.run(async move { get.send().await }).await;
    let response = sent.map_err(|_| PriceError::BadAnswer { reason: "the request cannot be made" })?;
    let mut response = response.map_err(unreachable)?;
    if !response.status().is_success() {
        return Err(PriceError::Refused { status: response.status().as_u16() });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len().saturating_add(chunk.len()) > MAX_BYTES {
            return Err(PriceError::BadAnswer { reason: "the answer is too long" });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
