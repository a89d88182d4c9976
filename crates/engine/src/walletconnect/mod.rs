//! The owners' wallet apps over WalletConnect: sessions are settled, kept and ended here, waiting approvals are sent,
//! and answers decide.
//!
//! An app carries what its owner signs. A signature counts as on every other way. A refusal cancels the request, since
//! the operator connected the app for that purpose; it is recorded as the app's, not as the owner's. Belongs here:
//! which question goes to which session, and what an answer does. Does not belong here: the protocol (`channels`), and
//! the check of signatures (`credentials`).

mod answers;
mod line;
mod link;
mod offers;
mod sessions;

pub(crate) use link::Link;
pub(crate) use sessions::key;

/// Random bytes for the protocol.
fn random() -> Option<[u8; 32]> {
    waiaas_keys::random_bytes().ok()
}
