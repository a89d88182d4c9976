//! The last look, inside the signing transaction: stop conditions, the owner's consent and the policies as they
//! are now.

use waiaas_core::audit::{AuditEvent, TxFailure};
use waiaas_core::clearance::{Clearance, NotCleared, Obligation, StopConditions};
use waiaas_core::draft::Draft;
use waiaas_core::effect::Effects;
use waiaas_core::policy::{CategorySums, Denial, Ledger, PolicyFacts, Verdict, evaluate};
use waiaas_core::simulation::SimulationCheck;
use waiaas_core::wallet::OwnerState;
use waiaas_store::{KillSwitchRow, SessionRow, StatusChange, TransactionRow, WalletRow, WriteTx};

use crate::Engine;
use crate::error::Error;

/// The reason why the last look stops a transaction.
pub(super) enum Stop {
    NotCleared(NotCleared),
    Policy(Denial),
    /// A replacement whose old transaction can no longer be replaced.
    Place(Error),
}

impl Stop {
    pub(super) fn change(&self) -> StatusChange {
        match self {
            Self::NotCleared(NotCleared::KillSwitch) => StatusChange::Cancelled { code: Some(self.code()) },
            Self::NotCleared(_) | Self::Policy(_) | Self::Place(_) => {
                StatusChange::Failed { code: self.code(), message: self.message() }
            }
        }
    }

    fn code(&self) -> String {
        match self {
            Self::NotCleared(reason) => Error::from(*reason).code.as_str().to_owned(),
            Self::Policy(denial) => denial.code.as_str().to_owned(),
            Self::Place(lost) => lost.code.as_str().to_owned(),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NotCleared(reason) => format!("Not signed: {reason}."),
            Self::Policy(denial) => format!("Not signed: {}", denial.message),
            Self::Place(lost) => format!("Not signed: {}", lost.message),
        }
    }

    pub(super) fn event(&self, row: &TransactionRow) -> AuditEvent {
        let (code, message) = (self.code(), self.message());
        match self {
            Self::NotCleared(NotCleared::KillSwitch) => {
                AuditEvent::TxCancelled { from: Some(row.status), code: Some(code), message: Some(message) }
            }
            Self::NotCleared(_) | Self::Policy(_) | Self::Place(_) => {
                AuditEvent::TxFailed { failure: TxFailure::Refused { code, message } }
            }
        }
    }
}

/// Checks stop conditions, the owner's consent and the present policies. The tier is not evaluated again.
pub(super) async fn last_look(
    engine: &Engine,
    tx: &mut WriteTx,
    row: &TransactionRow,
    wallet: &WalletRow,
    draft: &Draft,
    (effects, fact): (&Effects, SimulationCheck),
) -> Result<Result<Clearance, Stop>, Error> {
    if let Some(denial) = denied_now(engine, tx, row, effects, fact).await? {
        return Ok(Err(Stop::Policy(denial)));
    }
    let switch = tx.kill_switch().await?;
    let session = match row.session {
        Some(session) => tx.session(session).await?,
        None => None,
    };
    let stop_conditions = stop_conditions(row, wallet, &switch, session.as_ref());
    let answered = tx.answered_challenge(row.id).await?;
    let consent = answered.and_then(|answer| Engine::recheck_consent(&answer, wallet.owner.address()));
    let tier = row.tier.ok_or_else(|| Error::internal("an admitted transaction has no tier"))?;
    let judged = row.draft.as_ref().map(Draft::digest);
    let obligation = Obligation {
        tx: row.id,
        wallet: row.wallet,
        digest: judged.ok_or_else(|| Error::internal("an admitted transaction has no draft"))?,
        tier,
        execute_after: row.execute_after,
    };
    Ok(obligation
        .clear(draft.digest(), consent.as_ref(), stop_conditions, engine.now())
        .map_err(Stop::NotCleared))
}

/// The present stop conditions of this transaction. A missing session counts as revoked.
fn stop_conditions(
    row: &TransactionRow,
    wallet: &WalletRow,
    switch: &KillSwitchRow,
    session: Option<&SessionRow>,
) -> StopConditions {
    StopConditions {
        wallet: wallet.status,
        kill_switch: switch.state,
        admitted_generation: row.kill_generation,
        generation: switch.generation,
        session_revoked: row.session.is_some() && session.is_none_or(|s| s.revoked_at.is_some()),
        session_unlinked: row.session.is_some() && session.is_none_or(|s| !s.wallets.contains(&row.wallet)),
    }
}

/// Returns the stop condition, if any, that ends a transaction while it waits for its gas condition. The last
/// look checks again.
pub(super) async fn stopped(engine: &Engine, row: &TransactionRow) -> Result<Option<Stop>, Error> {
    let store = engine.store();
    let wallet = store.wallet(row.wallet).await?;
    let wallet = wallet.ok_or_else(|| Error::internal("a transaction without its wallet"))?;
    let switch = store.kill_switch().await?;
    let session = match row.session {
        Some(session) => store.session(session).await?,
        None => None,
    };
    let tier = row.tier.ok_or_else(|| Error::internal("an admitted transaction has no tier"))?;
    Ok(stop_conditions(row, &wallet, &switch, session.as_ref()).on(tier).map(Stop::NotCleared))
}

/// Whether the present policies deny the request. Only denials count: the tier was obtained and the amounts
/// are reserved, so prices, sums and request counts are left out.
async fn denied_now(
    engine: &Engine,
    tx: &mut WriteTx,
    row: &TransactionRow,
    effects: &Effects,
    simulation: SimulationCheck,
) -> Result<Option<Denial>, Error> {
    let set = &engine.policies().in_force(tx, engine.networks(), row.wallet, &row.network).await?.set;
    let known = row.verdict.read()?.facts;
    let nothing = |category| (category, CategorySums::default());
    let ledger = Ledger {
        requests: set.rate_windows().into_iter().map(|window| (window, 0)).collect(),
        categories: known.ledger.categories.into_keys().map(nothing).collect(),
        http_messages: known.ledger.http_messages.map(|_| 0),
        ..Ledger::default()
    };
    let unsimulated = engine.config().policy.unsimulated.into();
    // The waiting is over, and completing has asked the chain whether the bytes can still land.
    let (now, owner, lifetime) = (engine.now(), OwnerState::Locked, None);
    let facts = PolicyFacts { now, owner, ledger, simulation, unsimulated, lifetime, ..known };
    Ok(match evaluate(set, effects, &facts) {
        Verdict::Denied(denials) => denials.into_iter().next(),
        Verdict::Granted(_) => None,
    })
}
