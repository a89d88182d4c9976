//! The daemon's refusals in the terms of the command line. The daemon's own texts are for HTTP callers and
//! name headers, paths and bodies.

use waiaas_api::problem::Problem;

/// The error message, with every issue.
pub(crate) fn message(problem: &Problem) -> String {
    let issues = problem.details.as_ref().and_then(|details| details["issues"].as_array());
    match issues {
        Some(issues) if issues.len() > 1 => {
            let mut text = "The request is not valid:".to_owned();
            for issue in issues {
                let (path, message) = (issue["path"].as_str(), issue["message"].as_str());
                let path = path.filter(|path| !path.is_empty()).unwrap_or("the request");
                text.push_str(&format!("\n  {path}: {}", message.unwrap_or_default()));
            }
            text
        }
        Some(_) | None => problem.message.clone(),
    }
}

/// The remedy.
pub(crate) fn hint(problem: &Problem) -> Option<String> {
    let detail = |name: &str| problem.details.as_ref().and_then(|details| details[name].as_str());
    let here = match problem.code.as_str() {
        "INVALID_MASTER_PASSWORD" => {
            "Check where it comes from: WAIAAS_MASTER_PASSWORD or WAIAAS_MASTER_PASSWORD_FILE, else \
             recovery.key, else the prompt."
        }
        "SOCKET_ONLY" => {
            "Run it on the daemon's own machine as its user, without --base-url and WAIAAS_BASE_URL; in a \
             container: `docker exec CONTAINER waiaas …`."
        }
        "OWNER_ALREADY_CONNECTED" => "Give the present owner's key with --key-file.",
        "OWNER_NOT_SET" => "Name one with `waiaas owner set WALLET ADDRESS`.",
        "OWNER_ADDRESS_MISMATCH" => "Look up the wallet's owner with `waiaas wallet show WALLET`.",
        "INVALID_SIGNATURE" | "INVALID_NONCE" => {
            "Run the command again without --signature; sign exactly the text that it prints."
        }
        "POLICY_ALREADY_EXISTS" => {
            let id = detail("policyId").unwrap_or("POLICY_ID");
            return Some(format!(
                "See it with `waiaas policy show {id}` and change it with `waiaas policy update {id} --rules …` \
                 (new rules replace all existing ones), or choose another wallet or network."
            ));
        }
        "CHANGE_LIMIT_EXCEEDED" => {
            "Withdraw one with `waiaas change withdraw`, or have the owners answer it."
        }
        "CHAT_NOT_FOUND" => "Send /start to the bot from that chat; `waiaas telegram chats` lists the chats.",
        "WC_SESSION_EXISTS" => "End it first with `waiaas walletconnect disconnect WALLET`.",
        "WC_SESSION_NOT_FOUND" => "Pair one with `waiaas walletconnect pair WALLET`.",
        "WEBHOOK_NOT_FOUND" => "List the webhooks with `waiaas webhook list`.",
        "DELIVERY_NOT_FOUND" => {
            "List the kept deliveries with `waiaas webhook logs`: the last 1000 of a webhook, for 30 days."
        }
        "REQUEST_TIMEOUT" => "The operation may still finish; check its result before you repeat it.",
        _ => return problem.hint.clone(),
    };
    Some(here.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(code: &str, hint: &str) -> Problem {
        Problem {
            code: code.to_owned(),
            message: "No.".to_owned(),
            retryable: false,
            request_id: "r".to_owned(),
            hint: Some(hint.to_owned()),
            details: None,
        }
    }

    #[test]
    fn hints_name_commands_and_not_headers() {
        let told = hint(&problem("INVALID_MASTER_PASSWORD", "Send it in the header X-Master-Password."));
        assert!(
            told.is_some_and(|text| text.contains("WAIAAS_MASTER_PASSWORD_FILE") && !text.contains("X-"))
        );
        let other = problem("SPENDING_LIMIT_REQUIRED", "Create one.");
        assert_eq!(hint(&other).as_deref(), Some("Create one."));
    }

    #[test]
    fn every_issue_is_listed() {
        let mut several = problem("ACTION_VALIDATION_FAILED", "");
        several.details = Some(json!({ "issues": [
            { "path": "ttl", "code": "too_small", "message": "at least 300" },
            { "path": "", "code": "invalid", "message": "both are given" },
        ]}));
        let text = message(&several);
        assert_eq!(text, "The request is not valid:\n  ttl: at least 300\n  the request: both are given");
    }
}
