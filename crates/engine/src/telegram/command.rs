//! The commands of a chat, and the data of its buttons.

use waiaas_core::ids::TxId;

use crate::credentials::Decision;

/// What a person asks the bot for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Command {
    /// `/start`
    Start,
    /// `/help`
    Help,
    /// `/status`
    Status,
    /// `/wallets`
    Wallets,
    /// `/pending`
    Pending,
    /// `/approve ID`, `/reject ID`, or a tapped button: shows the text to sign.
    Ask(Decision, TxId),
    /// `/approve ID SIGNATURE`, `/reject ID SIGNATURE`, or `/sign_response`: passes on the owner's signature.
    Answer(Decision, TxId, String),
    /// `/cancel ID`
    Cancel(TxId),
    /// `/killswitch`
    KillSwitch,
    /// The confirmation of `/killswitch`.
    KillSwitchConfirmed,
    /// A known command whose arguments cannot be read.
    Malformed(&'static str),
    /// Anything else.
    Unknown,
}

/// The data of the button that confirms `/killswitch`.
pub(super) const CONFIRM_KILL_SWITCH: &str = "killswitch:confirm";

/// The data of a button that shows the text to sign.
pub(super) fn data(decision: Decision, tx: TxId) -> String {
    format!("{}:{tx}", decision.action())
}

impl Command {
    /// Reads a message. Commands may carry the bot's name, as in `/help@name`.
    pub(super) fn of_text(text: &str) -> Self {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or_default();
        let name = name.split_once('@').map_or(name, |(name, _)| name);
        let rest: Vec<&str> = words.collect();
        match (name, rest.as_slice()) {
            ("/start", _) => Self::Start,
            ("/help", _) => Self::Help,
            ("/status", _) => Self::Status,
            ("/wallets", _) => Self::Wallets,
            ("/pending", _) => Self::Pending,
            ("/approve", rest) => {
                Self::decision(Decision::Approve, rest, "/approve ID, or /approve ID SIGNATURE")
            }
            ("/reject", rest) => {
                Self::decision(Decision::Reject, rest, "/reject ID, or /reject ID SIGNATURE")
            }
            ("/cancel", [id]) => id.parse().map_or(Self::Malformed("/cancel ID"), Self::Cancel),
            ("/cancel", _) => Self::Malformed("/cancel ID"),
            ("/killswitch", _) => Self::KillSwitch,
            ("/sign_response", [data]) => Self::sign_response(data),
            ("/sign_response", _) => Self::Malformed("/sign_response DATA"),
            _ => Self::Unknown,
        }
    }

    /// Reads the data of a tapped button.
    pub(super) fn of_tap(data: &str) -> Self {
        if data == CONFIRM_KILL_SWITCH {
            return Self::KillSwitchConfirmed;
        }
        let decision = match data.split_once(':') {
            Some(("approve", id)) => Some((Decision::Approve, id)),
            Some(("reject", id)) => Some((Decision::Reject, id)),
            _ => None,
        };
        let asked = decision.and_then(|(decision, id)| Some(Self::Ask(decision, id.parse().ok()?)));
        asked.unwrap_or(Self::Unknown)
    }

    fn decision(decision: Decision, rest: &[&str], usage: &'static str) -> Self {
        match rest {
            [id] => id.parse().map_or(Self::Malformed(usage), |id| Self::Ask(decision, id)),
            [id, signature] => id
                .parse()
                .map_or(Self::Malformed(usage), |id| Self::Answer(decision, id, (*signature).to_owned())),
            _ => Self::Malformed(usage),
        }
    }

    /// The answer of a wallet app: base64url of a JSON object whose `requestId` is the transaction's id.
    fn sign_response(data: &str) -> Self {
        SignResponse::read(data).map_or(Self::Malformed("/sign_response DATA"), |response| {
            Self::Answer(response.decision, response.tx, response.signature)
        })
    }
}

/// A wallet app's answer.
struct SignResponse {
    decision: Decision,
    tx: TxId,
    signature: String,
}

impl SignResponse {
    fn read(data: &str) -> Option<Self> {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;

        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            version: String,
            request_id: TxId,
            action: String,
            signature: String,
        }
        let json = URL_SAFE_NO_PAD.decode(data.trim_end_matches('=')).ok()?;
        let wire: Wire = serde_json::from_slice(&json).ok()?;
        let decision = match (wire.version.as_str(), wire.action.as_str()) {
            ("1", "approve") => Decision::Approve,
            ("1", "reject") => Decision::Reject,
            _ => return None,
        };
        Some(Self { decision, tx: wire.request_id, signature: wire.signature })
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    const ID: &str = "01900000-0000-7000-8000-000000000001";

    fn id() -> TxId {
        ID.parse().expect("an id")
    }

    #[test]
    fn commands_are_read_with_or_without_the_bots_name() {
        assert_eq!(Command::of_text("/help"), Command::Help);
        assert_eq!(Command::of_text(" /help@waiaas_bot  now"), Command::Help);
        assert_eq!(Command::of_text("help"), Command::Unknown);
        assert_eq!(Command::of_text(""), Command::Unknown);
        assert_eq!(Command::of_text(&format!("/approve {ID}")), Command::Ask(Decision::Approve, id()));
        let signed = Command::Answer(Decision::Reject, id(), "0xab".into());
        assert_eq!(Command::of_text(&format!("/reject {ID} 0xab")), signed);
        for text in ["/approve", "/approve x", "/cancel", "/sign_response e30", "/sign_response !"] {
            assert!(matches!(Command::of_text(text), Command::Malformed(_)), "{text}");
        }
    }

    #[test]
    fn a_wallet_apps_answer_is_read() {
        let answer = |value: serde_json::Value| {
            Command::of_text(&format!("/sign_response {}", URL_SAFE_NO_PAD.encode(value.to_string())))
        };
        let whole = json!({"version": "1", "requestId": ID, "action": "approve", "signature": "0xab",
            "signerAddress": "0x1", "signedAt": "2026-12-01T00:00:00Z"});
        assert_eq!(answer(whole), Command::Answer(Decision::Approve, id(), "0xab".into()));
        let newer = json!({"version": "2", "requestId": ID, "action": "approve", "signature": "0xab"});
        assert!(matches!(answer(newer), Command::Malformed(_)));
    }

    #[test]
    fn the_data_of_buttons_reads_back_and_fits() {
        for decision in [Decision::Approve, Decision::Reject] {
            let data = data(decision, id());
            assert!(data.len() <= 64);
            assert_eq!(Command::of_tap(&data), Command::Ask(decision, id()));
        }
        assert_eq!(Command::of_tap(CONFIRM_KILL_SWITCH), Command::KillSwitchConfirmed);
        for data in ["", "approve", "approve:", "approve:x", "cancel:01900000-0000-7000-8000-000000000001"] {
            assert_eq!(Command::of_tap(data), Command::Unknown, "{data}");
        }
    }
}
