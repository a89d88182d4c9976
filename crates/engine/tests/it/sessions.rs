//! Tokens end by the clock, to the second: renewals, the life of a session, the rotation of the key
//! that signs tokens.

use anyhow::{Context as _, Result};
use secrecy::ExposeSecret as _;
use waiaas_engine::core::UnixSeconds;
use waiaas_engine::core::ids::SessionId;
use waiaas_engine::core::network::{Chain, Environment};
use waiaas_engine::{
    Activator, Clock as _, Error, IssuedSession, NewSession, NewWallet, Page, Session, SessionView,
};

use crate::stage::{PASSWORD, Stage, limits, payee, shown};

impl Stage {
    /// A session of the wallet with these limits, in seconds.
    async fn issued(&self, ttl: u32, max_renewals: u32, lifetime: u32) -> Result<IssuedSession> {
        let new = NewSession {
            ttl: Some(ttl),
            max_renewals: Some(max_renewals),
            absolute_lifetime: Some(lifetime),
            ..self.new_session()
        };
        self.engine().operator(&self.master).create_session(new).await.map_err(shown)
    }

    /// The result of a token at this second.
    async fn at(&self, at: UnixSeconds, token: &IssuedSession) -> Result<Session, Error> {
        self.clock.set(at);
        self.engine().authenticate_session(token.token.expose_secret()).await
    }

    /// The token's holder renews it at this second, having proved itself then.
    async fn renewed(&self, at: UnixSeconds, token: &IssuedSession) -> Result<IssuedSession> {
        let session = self.at(at, token).await.map_err(shown)?;
        self.engine().agent(&session).renew(token.id).await.map_err(shown)
    }

    /// Code of a refused renewal, and the seconds to wait if it names some. The proof may be older.
    async fn not_renewed(&self, at: UnixSeconds, session: &Session) -> Result<(&'static str, Option<u64>)> {
        self.clock.set(at);
        let refused = self.engine().agent(session).renew(session.id()).await.err().context("renewed")?;
        Ok((refused.code.as_str(), refused.retry_after))
    }

    async fn listed(&self, id: SessionId) -> Result<SessionView> {
        let page = Page { cursor: None, limit: 50 };
        let page = self.engine().operator(&self.master).sessions(None, page).await.map_err(shown)?;
        page.items.into_iter().find(|session| session.id == id).context("the session in the list")
    }
}

/// The code with which a token or a proof is refused.
fn code<T>(answer: Result<T, Error>) -> Option<&'static str> {
    answer.err().map(|error| error.code.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_waits_for_half_of_the_life_and_kills_the_old_token() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    stage.policy("SPENDING_LIMIT", limits(1000, 1000)).await?;
    let start = stage.clock.now();
    let first = stage.issued(600, 2, 10_000).await?;
    assert_eq!((first.expires_at, first.renewal_count, first.token_issued_count), (start + 600, 0, 1));
    let proof = stage.at(start, &first).await.map_err(shown)?;
    assert_eq!(stage.not_renewed(start, &proof).await?, ("RENEWAL_TOO_EARLY", Some(300)));
    assert_eq!(stage.not_renewed(start + 299, &proof).await?, ("RENEWAL_TOO_EARLY", Some(1)));
    let untouched = stage.listed(first.id).await?;
    assert_eq!(
        (untouched.renewal_count, untouched.token_issued_count, untouched.last_renewed_at),
        (0, 1, None)
    );
    stage.admitted(&proof, &payee(7), "0.01").await?;

    let second = stage.renewed(start + 300, &first).await?;
    assert_eq!(second.id, first.id);
    assert_eq!((second.expires_at, second.renewal_count, second.token_issued_count), (start + 900, 1, 2));
    assert_eq!(stage.listed(first.id).await?.last_renewed_at, Some(start + 300));
    // In the same second: the old token, and earlier proofs by it, are void.
    assert_eq!(code(stage.at(start + 300, &first).await), Some("INVALID_TOKEN"));
    assert_eq!(stage.refused(&proof, &payee(7), "0.01").await?, "INVALID_TOKEN");
    assert_eq!(stage.not_renewed(start + 600, &proof).await?.0, "INVALID_TOKEN");

    let proof = stage.at(start + 300, &second).await.map_err(shown)?;
    stage.admitted(&proof, &payee(7), "0.01").await?;
    assert_eq!(
        stage.not_renewed(start + 599, &proof).await?,
        ("RENEWAL_TOO_EARLY", Some(1)),
        "half of its own life"
    );
    let third = stage.renewed(start + 600, &second).await?;
    assert_eq!((third.expires_at, third.renewal_count, third.token_issued_count), (start + 1200, 2, 3));

    // Two were allowed. The last token stays valid to its end.
    let proof = stage.at(start + 900, &third).await.map_err(shown)?;
    assert_eq!(stage.not_renewed(start + 900, &proof).await?, ("RENEWAL_LIMIT_REACHED", None));
    assert_eq!(stage.not_renewed(start + 1199, &proof).await?.0, "RENEWAL_LIMIT_REACHED");
    assert_eq!(code(stage.at(start + 1199, &third).await), None);
    assert_eq!(code(stage.at(start + 1200, &third).await), Some("TOKEN_EXPIRED"));
    assert_eq!(
        (stage.listed(first.id).await?.renewal_count, stage.listed(first.id).await?.status),
        (2, "EXPIRED")
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_renewal_is_fetched_again_until_it_is_used_and_for_a_minute() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    let start = stage.clock.now();
    let (first, other) = (stage.issued(600, 2, 10_000).await?, stage.issued(600, 2, 10_000).await?);
    let again = async |token: &IssuedSession, at: UnixSeconds, id: SessionId| {
        stage.clock.set(at);
        let renewal = stage.engine().authenticate_renewal(token.token.expose_secret()).await?;
        stage.engine().renew(&renewal, id).await
    };
    let second = again(&first, start + 300, first.id).await.map_err(shown)?;
    for seconds in [300, 301, 359] {
        let fetched = again(&first, start + seconds, first.id).await.map_err(shown)?;
        assert_eq!(fetched.token.expose_secret(), second.token.expose_secret(), "the same renewal");
        assert_eq!(
            (fetched.expires_at, fetched.renewal_count, fetched.token_issued_count),
            (start + 900, 1, 2)
        );
        // It opens nothing else, not even for another session.
        assert_eq!(code(stage.at(start + seconds, &first).await), Some("INVALID_TOKEN"));
        let elsewhere = again(&first, start + seconds, other.id).await;
        assert_eq!(code(elsewhere), Some("SESSION_RENEWAL_MISMATCH"));
    }
    // Not after its minute, nor under the kill switch.
    assert_eq!(code(again(&first, start + 360, first.id).await), Some("INVALID_TOKEN"));
    let activator = Activator::by_master(&stage.master);
    stage.engine().activate_kill_switch(&activator).await.map_err(shown)?;
    assert_eq!(code(again(&first, start + 359, first.id).await), Some("SYSTEM_LOCKED"));
    stage.engine().operator(&stage.master).recover_kill_switch().await.map_err(shown)?;

    // The first use of the new token ends it, for any request.
    stage.at(start + 310, &second).await.map_err(shown)?;
    assert_eq!(code(again(&first, start + 310, first.id).await), Some("INVALID_TOKEN"));
    let third = again(&second, start + 600, first.id).await.map_err(shown)?;
    assert_eq!(code(again(&first, start + 600, first.id).await), Some("TOKEN_EXPIRED"));
    // Renewing is a use as well, and a rotation or a revocation ends the right to fetch it.
    let rotated = stage.engine().operator(&stage.master).rotate_session(first.id).await.map_err(shown)?;
    assert_eq!(code(again(&second, start + 600, first.id).await), Some("INVALID_TOKEN"));
    assert_eq!(code(again(&third, start + 600, first.id).await), Some("INVALID_TOKEN"));
    stage.at(start + 600, &rotated).await.map_err(shown)?;

    let renewed = again(&other, start + 590, other.id).await.map_err(shown)?;
    stage.engine().operator(&stage.master).revoke_session(other.id).await.map_err(shown)?;
    assert_eq!(code(again(&other, start + 590, other.id).await), Some("SESSION_REVOKED"));
    assert_eq!(code(stage.at(start + 590, &renewed).await), Some("SESSION_REVOKED"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_years_ahead_locks_no_caller_out() -> Result<()> {
    let mut stage = Stage::set_up(None).await?;
    let (start, years) = (stage.clock.now(), 1_000_000_000);
    let tried = async |stage: &Stage, password: &str| {
        code(stage.engine().authenticate_master(password.into(), None).await)
    };
    stage.clock.set(start + years);
    for _ in 0..4 {
        assert_eq!(tried(&stage, "wrong").await, Some("INVALID_MASTER_PASSWORD"));
    }
    for password in ["wrong", PASSWORD] {
        assert_eq!(tried(&stage, password).await, Some("MASTER_PASSWORD_LOCKED"));
    }
    // Within a run only the time that really passes counts, not the clock's settings.
    for at in [start, start + years * 2, 0] {
        stage.clock.set(at);
        assert_eq!(tried(&stage, PASSWORD).await, Some("MASTER_PASSWORD_LOCKED"), "at {at}");
    }
    stage.clock.set(start);
    let longest = stage.engine().config().security.master_lockout_cap_seconds;
    // Over a restart as well, and never for longer than the longest wait.
    stage.stop().await;
    stage.start_again().await?;
    assert_eq!(tried(&stage, PASSWORD).await, Some("MASTER_PASSWORD_LOCKED"));
    stage.clock.pass(longest);
    assert_eq!(tried(&stage, PASSWORD).await, None);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_in_the_last_second_is_the_last_that_counts() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    stage.policy("SPENDING_LIMIT", limits(1000, 1000)).await?;
    let start = stage.clock.now();
    let (lucky, late) = (stage.issued(600, 2, 10_000).await?, stage.issued(600, 2, 10_000).await?);
    let proof = stage.at(start + 599, &late).await.map_err(shown)?;
    let renewed = stage.renewed(start + 599, &lucky).await?;
    assert_eq!(renewed.expires_at, start + 1199);

    // Proved in time, asked too late: the life of a token is looked at when it is used.
    assert_eq!(stage.not_renewed(start + 600, &proof).await?, ("TOKEN_EXPIRED", None));
    assert_eq!(stage.refused(&proof, &payee(7), "0.01").await?, "TOKEN_EXPIRED");
    assert_eq!(code(stage.at(start + 600, &late).await), Some("TOKEN_EXPIRED"));
    let over = stage.listed(late.id).await?;
    assert_eq!((over.status, over.renewal_count, over.token_issued_count), ("EXPIRED", 0, 1));
    assert_eq!(code(stage.at(start + 600, &renewed).await), None);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_renewal_outlives_the_session() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    let start = stage.clock.now();
    let first = stage.issued(600, 10, 1000).await?;
    assert_eq!(first.absolute_expires_at, start + 1000);
    let second = stage.renewed(start + 399, &first).await?;
    assert_eq!(second.expires_at, start + 999, "a whole life still fits");
    // Half of the second life is over at 699; from here on the end of the session is nearer.
    let third = stage.renewed(start + 699, &second).await?;
    assert_eq!((third.expires_at, third.absolute_expires_at), (start + 1000, start + 1000));
    let proof = stage.at(start + 848, &third).await.map_err(shown)?;
    assert_eq!(stage.not_renewed(start + 848, &proof).await?, ("RENEWAL_TOO_EARLY", Some(1)));
    let last = stage.renewed(start + 849, &third).await?;
    assert_eq!((last.expires_at, last.renewal_count), (start + 1000, 3), "renewing gains nothing any more");

    let proof = stage.at(start + 999, &last).await.map_err(shown)?;
    assert_eq!(code(stage.at(start + 1000, &last).await), Some("TOKEN_EXPIRED"));
    assert_eq!(stage.not_renewed(start + 1000, &proof).await?.0, "TOKEN_EXPIRED");
    assert_eq!(
        (stage.listed(first.id).await?.status, stage.listed(first.id).await?.renewal_count),
        ("EXPIRED", 3)
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_the_previous_key_are_good_for_five_minutes() -> Result<()> {
    let mut stage = Stage::set_up(None).await?;
    let start = stage.clock.now();
    let (idle, busy) = (stage.issued(600, 5, 10_000).await?, stage.issued(600, 5, 10_000).await?);
    let young = stage.issued(86_400, 5, 100_000).await?;
    let rotate = async |at| {
        stage.clock.set(at);
        stage.engine().operator(&stage.master).rotate_session_secret().await
    };
    assert_eq!(rotate(start + 100).await.map_err(shown)?, start + 100);
    let fresh = stage.issued(600, 5, 10_000).await?;
    // A young token has a short life now, and is renewed after half of that.
    let session = stage.at(start + 199, &young).await.map_err(shown)?;
    assert_eq!(stage.not_renewed(start + 199, &session).await?, ("RENEWAL_TOO_EARLY", Some(1)));
    let young = stage.renewed(start + 200, &young).await?;
    let refused = rotate(start + 399).await.err().context("rotated twice within the window")?;
    assert_eq!((refused.code.as_str(), refused.retry_after), ("ROTATION_TOO_RECENT", Some(1)));

    // A restart neither shortens the window nor prolongs it.
    stage.stop().await;
    stage.start_again().await?;
    let renewed = stage.renewed(start + 399, &busy).await?;
    assert_eq!(code(stage.at(start + 399, &idle).await), None);
    assert_eq!(code(stage.at(start + 400, &idle).await), Some("INVALID_TOKEN"), "its own end is at 600");
    for kept in [&fresh, &renewed, &young] {
        assert_eq!(code(stage.at(start + 400, kept).await), None, "signed by the new key");
    }

    // The next rotation may come as the window closes, and gives the tokens of today the same time.
    stage.clock.set(start + 400);
    stage.engine().operator(&stage.master).rotate_session_secret().await.map_err(shown)?;
    assert_eq!(code(stage.at(start + 699, &fresh).await), None);
    assert_eq!(code(stage.at(start + 699, &idle).await), Some("INVALID_TOKEN"), "two keys ago");
    assert_eq!(code(stage.at(start + 700, &renewed).await), Some("INVALID_TOKEN"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wallets_of_a_revoked_session_stay_as_they_are() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    let engine = stage.engine();
    let operator = engine.operator(&stage.master);
    let new =
        |name: &str| NewWallet { name: name.into(), chain: Chain::Solana, environment: Environment::Local };
    let second = operator.create_wallet(new("second")).await.map_err(shown)?;
    let third = operator.create_wallet(new("third")).await.map_err(shown)?;
    let session = stage.issued(600, 2, 10_000).await?;
    operator.add_session_wallet(session.id, second.id).await.map_err(shown)?;
    operator.revoke_session(session.id).await.map_err(shown)?;
    assert_eq!(code(operator.add_session_wallet(session.id, third.id).await), Some("SESSION_REVOKED"));
    assert_eq!(code(operator.set_default_wallet(session.id, second.id).await), Some("SESSION_REVOKED"));
    for wallet in [second.id, third.id] {
        let removed = operator.remove_session_wallet(session.id, wallet).await;
        assert_eq!(code(removed), Some("SESSION_REVOKED"));
    }
    assert_eq!(operator.session_wallets(session.id).await.map_err(shown)?.len(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_session_does_not_have_cannot_be_taken_from_it() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    let operator = stage.engine().operator(&stage.master);
    let new = NewWallet { name: "second".into(), chain: Chain::Solana, environment: Environment::Local };
    let second = operator.create_wallet(new).await.map_err(shown)?;
    let session = stage.issued(600, 2, 10_000).await?;
    let remove = |wallet| operator.remove_session_wallet(session.id, wallet);
    assert_eq!(code(remove(second.id).await), Some("WALLET_NOT_FOUND"));
    assert_eq!(code(remove(stage.wallet.id).await), Some("SESSION_REQUIRES_WALLET"));
    let again = operator.add_session_wallet(session.id, stage.wallet.id).await;
    assert_eq!(code(again), Some("WALLET_ALREADY_LINKED"));
    Ok(())
}
