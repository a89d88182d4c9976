//! The check of a signature as the documentation has it, run by Python.

use std::process::Command;

use anyhow::{Context as _, Result, bail};
use e2e::Received;
use serde_json::json;
use tempfile::TempDir;

/// The page whose example a receiver uses.
const PAGE: &str = include_str!("../../../../docs/src/guide/webhooks.md");

/// Whether the example of the documentation takes a request for genuine at a time.
pub(super) fn is_genuine(secret: &str, request: &Received, body: &[u8], now: i64) -> Result<bool> {
    let example = PAGE.split("```python\n").nth(1).and_then(|rest| rest.split("```").next());
    let dir = TempDir::new()?;
    std::fs::write(dir.path().join("receiver.py"), example.context("the example")?)?;
    std::fs::write(dir.path().join("body"), body)?;
    let headers = json!({
        "X-WAIaaS-Timestamp": request.header("x-waiaas-timestamp"),
        "X-WAIaaS-Delivery": request.header("x-waiaas-delivery"),
        "X-WAIaaS-Signature": request.header("x-waiaas-signature"),
    });
    let program = "import json, sys, receiver\n\
                   secret, headers, now = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])\n\
                   print(receiver.is_genuine(secret, headers, open('body', 'rb').read(), now))";
    let mut python = Command::new("python3");
    python.current_dir(dir.path()).env("PYTHONPATH", dir.path()).args(["-c", program, secret]);
    let ran = python.args([headers.to_string(), now.to_string()]).output().context("running python3")?;
    let said = String::from_utf8_lossy(&ran.stdout);
    match said.trim() {
        "True" => Ok(true),
        "False" => Ok(false),
        _ => bail!("{said}{}", String::from_utf8_lossy(&ran.stderr)),
    }
}
