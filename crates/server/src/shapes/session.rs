//! Sessions, with and without their token.

use waiaas_api::secret::WireSecret;
use waiaas_api::sessions::{IssuedSession, LinkedWallet, Session};
use waiaas_engine as engine;

pub(crate) fn issued(session: engine::IssuedSession) -> IssuedSession {
    let wallets: Vec<_> =
        session.wallets.into_iter().map(|wallet| LinkedWallet { id: wallet.id, name: wallet.name }).collect();
    IssuedSession {
        id: session.id,
        token: WireSecret::new(session.token),
        expires_at: session.expires_at,
        absolute_expires_at: session.absolute_expires_at,
        wallet_id: wallets.first().map(|wallet| wallet.id),
        wallets,
        renewal_count: session.renewal_count,
        max_renewals: session.max_renewals,
        token_issued_count: session.token_issued_count,
    }
}

pub(crate) fn session(session: engine::SessionView) -> Session {
    let wallets: Vec<_> = session.wallets.into_iter().map(|(id, name)| LinkedWallet { id, name }).collect();
    Session {
        id: session.id,
        wallet_id: wallets.first().map(|wallet| wallet.id),
        wallet_name: wallets.first().map(|wallet| wallet.name.clone()),
        wallets,
        status: session.status.to_owned(),
        renewal_count: session.renewal_count,
        max_renewals: session.max_renewals,
        expires_at: session.expires_at,
        absolute_expires_at: session.absolute_expires_at,
        created_at: session.created_at,
        last_renewed_at: session.last_renewed_at,
        source: session.source.as_str().to_owned(),
        token_issued_count: session.token_issued_count,
    }
}
