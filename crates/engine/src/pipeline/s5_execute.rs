//! Stage 5: completes the draft, checks that it still is the judged one, takes the last look, signs, stores bytes
//! and hash, and only then broadcasts.
//!
//! The last look, the signature and its record are one database transaction: a kill switch that was committed
//! before it stops it, and no signed bytes exist that the database does not hold.

mod last_look;

use std::sync::Arc;

use waiaas_chains::{ChainError, Codec, Expiry, Lane, Refusal, SignedTx};
use waiaas_core::UnixSeconds;
use waiaas_core::audit::AuditEvent;
use waiaas_core::draft::{Completed, Draft};
use waiaas_core::effect::Effects;
use waiaas_core::intent::IntentKind;
use waiaas_core::simulation::SimulationCheck;
use waiaas_core::transaction::TxStatus;
use waiaas_keys::SealedKey;
use waiaas_store::{SignedRow, StatusChange, TransactionRow, WriteTx};

use self::last_look::{Stop, last_look, stopped};
use crate::Engine;
use crate::chain_watch;
use crate::chains::Look;
use crate::error::{Error, ErrorCode};
use crate::meters::Stage;
use crate::pipeline::broadcast::{self, Sent};
use crate::pipeline::ended::advance_if;
use crate::pipeline::gas::{self, Gas};
use crate::pipeline::simulation_check::{self, LastLook};
use crate::pipeline::{ended, fees, nonces, replaced, s6_confirm, s7_record};

/// Seconds after which a transaction that is still unsigned fails. This is safe, since nothing was signed.
const PATIENCE_SECONDS: UnixSeconds = 600;

/// Signs and broadcasts one EXECUTING transaction. Does nothing if it has moved meanwhile. A lasting error of
/// a node or the store fails the transaction unsigned.
pub(crate) async fn run(engine: &Engine, row: TransactionRow) -> Result<(), Error> {
    let id = row.id;
    let Err(error) = engine.timed(Stage::Execute, execute(engine, row)).await else { return Ok(()) };
    match engine.store().transaction(id).await? {
        Some(row) if row.status == TxStatus::Executing && is_tired(engine, &row) => {
            s7_record::failed_unsigned(engine, &row, error.code.as_str(), &error.message).await
        }
        Some(_) | None => Err(error),
    }
}

async fn execute(engine: &Engine, mut row: TransactionRow) -> Result<(), Error> {
    if row.gas_condition.is_some() {
        if let Some(stop) = stopped(engine, &row).await? {
            return advance_if(engine, &row, TxStatus::Executing, stop.change(), stop.event(&row)).await;
        }
        match gas::check(engine, &row).await? {
            Gas::Go => {}
            Gas::Wait => return Ok(()),
            Gas::Over => {
                let over = gas::timeout();
                return s7_record::failed_unsigned(engine, &row, over.code.as_str(), &over.message).await;
            }
        }
    }
    let (_lane, waited) = engine.lanes().enter(row.wallet, &row.network).await;
    // The previous holder of the lane may have executed this transaction. Without waiting, the signing
    // transaction detects that at the latest, since it reads the row again.
    if waited || row.gas_condition.is_some() {
        match engine.store().transaction(row.id).await? {
            Some(now) if now.status == TxStatus::Executing => row = now,
            Some(_) | None => return Ok(()),
        }
    }
    let chain = engine.chain(&row.network)?;
    let draft = row.draft.clone().ok_or_else(|| Error::internal("an admitted transaction has no draft"))?;
    let replaces = match row.replaces {
        None => None,
        Some(old) => match replaced::bytes(engine, old).await? {
            Ok(bytes) => Some(bytes),
            Err(lost) => {
                return s7_record::failed_unsigned(engine, &row, lost.code.as_str(), &lost.message).await;
            }
        },
    };
    // The nonces of a chain that was reset are not valid on the new one.
    chain_watch::look(engine, &row.network, Look::BeforeSending).await?;
    let nonces = nonces::of(engine, row.wallet, &row.network).await?;
    let codec = engine.codec(&row.network)?;
    let effects = match codec.effects(&draft) {
        Ok(effects) => effects,
        Err(error) => return not_completed(engine, &row, true, error.into()).await,
    };
    let cap = fees::cap(engine, codec.network(), &effects).await;
    let most = gas::most(&row)?;
    let mut lane = Lane { replaces, fee_cap: cap.most, most, ..nonces };
    while lane.variation < MOST_VARIATIONS {
        let completed = match chain.complete(&draft, &lane).await {
            Ok(completed) => completed,
            // The price has risen since the check, so the condition waits until it times out.
            Err(ChainError::Refused(Refusal::PriceAboveCondition)) if !gas::is_over(engine, &row)? => {
                return Ok(());
            }
            Err(error) => {
                let refused = !error.blames_nodes();
                return not_completed(engine, &row, refused, cap.explain(error)).await;
            }
        };
        // After completing, which can fail by itself, and before the signing transaction.
        let (fact, effects) =
            match simulation_check::last_look(engine, &row, &*chain, &draft, &completed).await? {
                LastLook::Fact(fact, effects) => (fact, effects),
                LastLook::Wait(error) => {
                    return not_completed(engine, &row, !error.blames_nodes(), error.into()).await;
                }
            };
        match sign(engine, &row, &codec, draft.clone(), Ready { completed, fact, effects }).await? {
            Signing::Signed(signed) => {
                return match broadcast::send(engine, &row, &chain, &signed).await? {
                    Sent::Refused => s6_confirm::step(engine, row.id).await,
                    Sent::Accepted | Sent::Unanswered => Ok(()),
                };
            }
            Signing::HandedOut => {
                engine.wake().notify_one();
                return Ok(());
            }
            Signing::Stopped => return Ok(()),
            // The caller's bytes cannot be varied.
            Signing::Taken if row.kind == IntentKind::Sign => {
                let message = "Not signed: another request has signed the same bytes.";
                let code = ErrorCode::TxAlreadyProcessed.as_str();
                return s7_record::failed_unsigned(engine, &row, code, message).await;
            }
            Signing::Taken => lane.variation += 1,
        }
    }
    let message = "Too many transactions with equal bytes are signed at once; this one will be tried again.";
    not_completed(engine, &row, false, Error::new(ErrorCode::TxAlreadyProcessed, message)).await
}

/// The longest time for which a signature's reservations are held, in seconds. A later deadline counts as
/// none.
const LONGEST_HOLD: UnixSeconds = 366 * 86_400;

/// Equal transactions tried with one blockhash before waiting for another.
const MOST_VARIATIONS: u64 = 64;

/// Whether signed bytes are a transaction, which has a hash on its chain; a message has none.
const fn on_chain(expiry: Expiry) -> bool {
    match expiry {
        Expiry::Nonce(_) | Expiry::BlockHeight(_) => true,
        Expiry::Time(_) | Expiry::Never => false,
    }
}

/// The input of the signing transaction.
struct Ready {
    completed: Completed,
    /// The simulation check that was just made.
    fact: SimulationCheck,
    /// Its effects, decoded and simulated now.
    effects: Effects,
}

/// The result of the signing transaction.
enum Signing {
    /// Signed and stored.
    Signed(SignedTx),
    /// Signed and stored, for the caller to use.
    HandedOut,
    /// Stopped, or done by another task; the row contains the reason.
    Stopped,
    /// Another row has the same bytes, so one payment would count twice. Nothing was stored.
    Taken,
}

/// Fails an unsigned transaction, which is safe, unless the error may be temporary: a node that does not
/// answer is asked again later.
async fn not_completed(
    engine: &Engine,
    row: &TransactionRow,
    refused: bool,
    error: Error,
) -> Result<(), Error> {
    if refused || is_tired(engine, row) {
        return s7_record::failed_unsigned(engine, row, error.code.as_str(), &error.message).await;
    }
    s7_record::note(engine, row, Some((error.code.as_str(), error.message))).await
}

/// Whether the time for signing is over.
fn is_tired(engine: &Engine, row: &TransactionRow) -> bool {
    engine.now() >= waiting_since(row).saturating_add(PATIENCE_SECONDS)
}

/// Returns the time since which the transaction has been executable: its last change, plus the time of its
/// gas condition.
fn waiting_since(row: &TransactionRow) -> UnixSeconds {
    match gas::target(row) {
        Ok(Some(target)) => gas::ends(&target, row),
        Ok(None) | Err(_) => row.updated_at,
    }
}

/// The signing transaction.
async fn sign(
    engine: &Engine,
    row: &TransactionRow,
    codec: &Arc<dyn Codec>,
    draft: Draft,
    ready: Ready,
) -> Result<Signing, Error> {
    let (id, work) = (row.id, (engine.clone(), codec.clone()));
    engine
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let (engine, codec) = work;
                engine.refuse_unless_holder(tx).await?;
                let Some(row) = tx.transaction(id).await? else { return Ok(Signing::Stopped) };
                if row.status != TxStatus::Executing {
                    return Ok(Signing::Stopped);
                }
                let signed = match signature(&engine, tx, &row, &*codec, &draft, &ready).await? {
                    Ok(signed) => signed,
                    Err(stop) => {
                        let audit = ended::entry(&engine, &row, stop.event(&row));
                        ended::advance(tx, id, TxStatus::Executing, stop.change(), audit).await?;
                        return Ok(Signing::Stopped);
                    }
                };
                let hash = on_chain(signed.expiry).then(|| signed.hash.clone());
                if let Some(hash) = &hash
                    && tx.hash_taken(&row.network, hash).await?
                {
                    return Ok(Signing::Taken);
                }
                let expiry = match signed.expiry {
                    Expiry::Time(end) if end > engine.now().saturating_add(LONGEST_HOLD) => Expiry::Never,
                    expiry => expiry,
                };
                let kept = SignedRow {
                    unsigned: ready.completed.unsigned().to_vec(),
                    bytes: signed.bytes.clone(),
                    hash,
                    expiry,
                };
                let event =
                    AuditEvent::TxSigned { hash: signed.hash.clone(), digest: ready.completed.draft() };
                let audit = ended::entry(&engine, &row, event);
                if row.kind == IntentKind::Sign {
                    tx.advance(id, TxStatus::Executing, StatusChange::HandedOut(kept), audit).await?;
                    return Ok(Signing::HandedOut);
                }
                tx.advance(id, TxStatus::Executing, StatusChange::Signed(kept), audit).await?;
                Ok::<_, Error>(Signing::Signed(signed))
            })
        })
        .await
}

/// Takes the last look, and signs if nothing stops the transaction. Stores nothing yet.
async fn signature(
    engine: &Engine,
    tx: &mut WriteTx,
    row: &TransactionRow,
    codec: &dyn Codec,
    draft: &Draft,
    Ready { completed, fact, effects }: &Ready,
) -> Result<Result<SignedTx, Stop>, Error> {
    let wallet = tx.wallet(row.wallet).await?;
    let wallet = wallet.ok_or_else(|| Error::internal("a transaction without its wallet"))?;
    let place = match row.replaces {
        None => None,
        Some(old) => match replaced::place(tx, old, Some(row.id)).await? {
            Ok(expiry) => Some(expiry),
            Err(lost) => return Ok(Err(Stop::Place(lost))),
        },
    };
    let judged_by = (effects, fact.clone());
    let clearance = match last_look(engine, tx, row, &wallet, draft, judged_by).await? {
        Ok(clearance) => clearance,
        Err(stop) => return Ok(Err(stop)),
    };
    let sealed = tx.wallet_key(wallet.id).await?;
    let sealed = sealed.ok_or_else(|| Error::internal("a wallet without its key"))?;
    let sealed = SealedKey::from_bytes(&sealed).map_err(Error::internal)?;
    let signature = engine.vault().sign(clearance, completed, &sealed, wallet.address)?;
    let signed = codec.assemble(completed, &signature)?;
    // With another nonce it would be a second payment instead of a replacement.
    if place.is_some_and(|old| old != signed.expiry) {
        return Ok(Err(Stop::Place(Error::internal("a replacement was completed for another place"))));
    }
    Ok(Ok(signed))
}
