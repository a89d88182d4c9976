//! Pending changes.

use waiaas_api::changes::{Change, ChangeQuestion};
use waiaas_engine as engine;

use super::challenge;

pub(crate) fn change(change: engine::ChangeView) -> Change {
    Change {
        id: change.id,
        kind: change.kind,
        summary: change.summary,
        status: change.status,
        content: change.content,
        digest: change.digest.to_string(),
        created_at: change.created_at,
        expires_at: change.expires_at,
        decided_at: change.decided_at,
        questions: change.questions.into_iter().map(question).collect(),
    }
}

fn question(question: engine::ChangeQuestion) -> ChangeQuestion {
    ChangeQuestion {
        wallet_id: question.wallet,
        owner_address: question.owner.to_string(),
        approved_at: question.approved_at,
        approve: question.approve.map(challenge),
        reject: question.reject.map(challenge),
    }
}
