//! The words of the bot's messages.

use waiaas_channels::telegram::{Button, Message};
use waiaas_core::UnixSeconds;
use waiaas_core::chat::ChatNumber;
use waiaas_core::foreign::shown;
use waiaas_core::presentation::Ask;
use waiaas_core::transaction::TxStatus;

use super::command::{CONFIRM_KILL_SWITCH, data};
use crate::credentials::Decision;
use crate::error::{Error, Remedy};
use crate::views::{ApprovalView, ChallengeView, TxView};

pub(super) const HELP: &str = "Commands:\n\
    /status - state of the daemon\n\
    /wallets - the wallets\n\
    /pending - requests that wait for their owner\n\
    /approve ID - show the text that approves a request\n\
    /approve ID SIGNATURE - approve with the owner's signature\n\
    /reject ID - show the text that rejects a request\n\
    /reject ID SIGNATURE - reject with the owner's signature\n\
    /sign_response DATA - pass on the answer of a wallet app\n\
    /cancel ID - cancel a request that waits\n\
    /killswitch - stop all signing\n\
    This chat approves nothing by itself: only an owner's signature does.";

pub(super) const READ_ONLY: &str = "This chat may only read. The operator can give it the role ADMIN.";
pub(super) const UNKNOWN: &str = "That is not a command of this bot. /help lists them.";
pub(super) const NOTHING_PENDING: &str = "No request waits for its owner.";

pub(super) fn registered(chat: ChatNumber) -> String {
    format!(
        "This chat is registered as {chat}. It has no role yet: the operator gives it one with\n\
         waiaas telegram allow {chat}"
    )
}

pub(super) fn usage(usage: &str) -> String {
    format!("Usage: {usage}")
}

pub(super) fn kill_switch_question() -> Message {
    let button = Button { text: "Stop all signing".to_owned(), data: CONFIRM_KILL_SWITCH.to_owned() };
    Message::plain(
        "Activate the kill switch? Nothing will be signed until the operator, with the owners' consent, releases it.",
    )
    .with(vec![button])
}

pub(super) const KILL_SWITCH_ACTIVATED: &str =
    "The kill switch is activated: nothing is signed. `waiaas kill-switch recover` releases it.";

/// The card of a request that waits for its owner.
pub(super) fn card(wallet: &str, view: &ApprovalView, now: UnixSeconds) -> Message {
    let mut text = format!("APPROVAL NEEDED - wallet {}\n", shown(wallet));
    match &view.presentation {
        Some(presentation) => {
            for line in presentation.lines(Ask::Approve) {
                text.push_str(&"  ".repeat(line.depth));
                text.push_str(&line.text);
                text.push('\n');
            }
        }
        None => text.push_str("The request was too long to keep. Read it with the command line.\n"),
    }
    let minutes = view.approve.expires_at.saturating_sub(now).max(0).saturating_add(59) / 60;
    text.push_str(&format!(
        "The owner {} has {minutes} minutes.\nID: {}\nA signature of the owner approves or rejects it; a tap shows \
         the text to sign.",
        view.approve.owner, view.tx.id
    ));
    let button = |label: &str, decision| Button { text: label.to_owned(), data: data(decision, view.tx.id) };
    Message::plain(text)
        .with(vec![button("Approve…", Decision::Approve), button("Reject…", Decision::Reject)])
}

/// The text to sign, and what to do with the signature.
pub(super) fn to_sign(decision: Decision, view: &ApprovalView, challenge: &ChallengeView) -> Vec<Message> {
    let (command, id) = (decision.action(), view.tx.id);
    let elsewhere = format!("on a machine with the key, run\nwaiaas owner {command} {id}");
    let text = Message::preformatted(&challenge.message);
    // Telegram removes spaces and line breaks at the ends of a message, so parts could not be joined to the text.
    if !text.is_whole() {
        return vec![Message::plain(format!(
            "The text to sign is too long for one message. Instead, {elsewhere}"
        ))];
    }
    let how = format!(
        "The text above, signed with the key of {}, answers the request: EIP-191 (personal_sign) for an EVM key, \
         Ed25519 for a Solana key. Send\n/{command} {id} SIGNATURE\nor, {elsewhere}",
        challenge.owner
    );
    vec![text, Message::plain(how)]
}

/// The outcome of a request, for the answer to the person who decided it and for its closed cards.
pub(super) fn outcome(tx: &TxView) -> String {
    let what = match tx.status {
        TxStatus::Denied => "was denied",
        TxStatus::Queued | TxStatus::PendingApproval => "waits",
        TxStatus::Executing | TxStatus::Broadcasting => "is approved and being signed",
        TxStatus::Signed => "is approved and signed",
        TxStatus::Submitted => "is approved and was sent",
        TxStatus::Confirmed => "is approved and confirmed",
        TxStatus::Failed => "failed",
        TxStatus::Cancelled => "was cancelled or rejected",
        TxStatus::Expired => "expired before its owner answered",
    };
    let mut text = format!("The request {} {what} ({}): {}.", tx.id, tx.status, tx.money.formatted());
    if let Some(error) = &tx.error {
        text.push_str(&format!("\n{error}"));
    }
    text
}

/// An error with its remedy, where the remedy does not name a request of the API.
pub(super) fn failure(error: &Error) -> String {
    match &error.hint {
        Some(Remedy::Text(hint)) => format!("{}\n{hint}", error.message),
        Some(_) | None => error.message.clone(),
    }
}
