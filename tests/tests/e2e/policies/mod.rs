//! Each enforced policy type through the public API: a grant, a denial, and the boundary.

mod admission;
mod concurrency;
mod lists;
mod scope;
mod spending;
mod windows;

use e2e::Answer;
use serde_json::{Value, json};

/// Asserts a denial by this policy: code, type and row are in the answer, for the caller to see.
fn assert_denied_by(
    answer: Answer,
    code: &str,
    policy_type: &str,
    policy: Option<&str>,
) -> anyhow::Result<Value> {
    let status = if code == "RATE_LIMIT_EXCEEDED" { 429 } else { 403 };
    let body = answer.expect(status)?;
    let details = &body["details"];
    assert_eq!(body["code"], code, "{body}");
    assert_eq!(details["policyType"], policy_type, "{body}");
    assert_eq!(details["policyId"], json!(policy), "{body}");
    let first = &details["denials"][0];
    assert_eq!(
        (&first["code"], &first["policyType"], &first["policyId"]),
        (&json!(code), &details["policyType"], &details["policyId"])
    );
    assert!(body["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "no remedy in {body}");
    assert!(details["transactionId"].is_string(), "the denied row is not named in {body}");
    Ok(body)
}
