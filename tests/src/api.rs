//! The HTTP API as a caller sees it: status and JSON, nothing hidden.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::http::{client_for, plain_client};

/// A caller with at most one credential.
#[derive(Clone, Debug)]
pub struct Api {
    client: reqwest::Client,
    url: String,
    headers: Vec<(&'static str, String)>,
    patience: u32,
}

/// An answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body; `null` when empty, the number of bytes where it is a file.
    pub body: Value,
}

impl Answer {
    /// The body, if the status is this one.
    pub fn expect(self, status: u16) -> Result<Value> {
        if self.status != status {
            bail!("expected HTTP {status}, got {}: {}", self.status, self.body);
        }
        Ok(self.body)
    }

    /// The stable error code, if it is an error of this status.
    pub fn refused(self, status: u16) -> Result<String> {
        let body = self.expect(status)?;
        Ok(body["code"].as_str().with_context(|| format!("a code in {body}"))?.to_owned())
    }
}

impl Api {
    /// Without credentials, at the URL of a daemon.
    pub fn new(url: &str) -> Self {
        Self { client: client_for(url), url: url.to_owned(), headers: Vec::new(), patience: 0 }
    }

    /// Without credentials, at the socket of a daemon's data directory.
    ///
    /// # Errors
    ///
    /// Where there is no client to be had.
    pub fn over_socket(path: &Path) -> Result<Self> {
        let client = plain_client().unix_socket(path).build()?;
        Ok(Self { client, ..Self::new("http://localhost") })
    }

    /// Asks again, at most so many times, when the daemon says that too much is asked per minute.
    #[must_use]
    pub fn patient(self, patience: u32) -> Self {
        Self { patience, ..self }
    }

    /// With the master password.
    #[must_use]
    pub fn password(self, password: &str) -> Self {
        self.header("x-master-password", password)
    }

    /// With a session token.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With any header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Result<Answer> {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// POST without a body.
    pub async fn post_empty(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::POST, path)).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Result<Answer> {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Any method with a raw body.
    pub async fn raw(&self, method: Method, path: &str, content_type: &str, body: Vec<u8>) -> Result<Answer> {
        self.send(self.request(method, path).header("content-type", content_type).body(body)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer> {
        let mut left = self.patience;
        loop {
            let again = request.try_clone();
            let response = again.context("a body that can be sent twice")?.send().await?;
            let status = response.status().as_u16();
            let wait =
                response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
            let file =
                response.headers().get("content-type").is_some_and(|kind| kind == "application/octet-stream");
            let bytes = response.bytes().await?;
            let body = match bytes.len() {
                0 => Value::Null,
                length if file => length.into(),
                _ => serde_json::from_slice(&bytes)?,
            };
            let limited = status == 429 && body["code"] == "RATE_LIMITED";
            match (limited, left.checked_sub(1)) {
                (true, Some(fewer)) => left = fewer,
                (true | false, _) => return Ok(Answer { status, body }),
            }
            tokio::time::sleep(Duration::from_secs(wait.unwrap_or(1))).await;
        }
    }

    /// Creates a policy for a wallet.
    pub async fn policy(&self, wallet: &str, policy_type: &str, rules: Value) -> Result<String> {
        let body = json!({ "walletId": wallet, "type": policy_type, "rules": rules });
        let made = self.post("/v1/policies", body).await?.expect(201)?;
        Ok(made["id"].as_str().context("an id")?.to_owned())
    }
}
