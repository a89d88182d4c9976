//! The seven stages, one file each: validate, authorize, policy, wait, execute, confirm, record.
//!
//! Value moves only through [`send`] and [`replace`](replace()) (a new transaction for one that does not
//! land); both end in the same [`Engine::carry_out`]. First runs and resumptions after a restart use the same
//! function, [`resume`], which continues from the stored status.

mod acquaintances;
pub(crate) mod assets;
mod auto_stop;
pub(crate) mod base_units;
mod broadcast;
mod case;
pub(crate) mod decision;
mod denied;
mod dry_run;
mod early;
pub(crate) mod ended;
mod explain;
pub(crate) mod fees;
mod gas;
mod idempotency;
mod known;
mod nonces;
mod output;
mod present;
mod replace;
mod replaced;
mod reputation;
mod reserved;
mod s1_validate;
mod s2_authorize;
mod s3_policy;
mod s4_wait;
mod s5_execute;
pub(crate) mod s6_confirm;
mod s7_record;
mod shortage;
mod simulation_check;
mod stopped;
pub(crate) mod transactions;
mod validated;
mod waiting;

pub(crate) use dry_run::simulate;
pub(crate) use explain::explained;

use std::time::Duration;

use tokio::time::{Instant, sleep};
use waiaas_core::digest::Digest;
use waiaas_core::ids::TxId;
use waiaas_core::policy::Denial;
use waiaas_core::transaction::TxStatus;

use crate::Engine;
use crate::credentials::Session;
use crate::error::{Details, Error, ErrorCode, sentence};
use crate::meters::Stage;
use crate::pipeline::case::{AdmissionRequest, Admitted};
use crate::pipeline::validated::Validated;
use crate::views::{IdempotencyKey, Reasons, ReplaceRequest, SendRequest, TxView, WaitFor};

/// Sends a transaction if the policies grant it. Returns once a node has accepted the broadcast or the request
/// waits.
///
/// # Errors
/// A denial carries the policies' reasons; its row is kept.
pub(crate) async fn send(
    engine: &Engine,
    session: &Session,
    request: SendRequest,
    wait: WaitFor,
) -> Result<TxView, Error> {
    if let Some(id) = engine.answered_before(session, request.idempotency.as_ref()).await? {
        return engine.answer(session, id, wait).await;
    }
    let digest = request.digest().map_err(Error::internal)?;
    let outline = s1_validate::outline(engine, session, &request).await?;
    if let Some(denied) = engine.refuse_early(session, outline, request.idempotency.clone(), digest).await? {
        return engine.answer_to(session, denied, wait).await;
    }
    let validated = engine.timed(Stage::Validate, s1_validate::run(engine, session, &request)).await?;
    engine.carry_out(session, validated, request.idempotency, digest, wait).await
}

/// Replaces a signed transaction of the session's wallets: by the same one with a higher fee, or by an empty
/// one. It is judged like any request and returns like [`send`]. At most one of the
/// two lands.
pub(crate) async fn replace(
    engine: &Engine,
    session: &Session,
    request: ReplaceRequest,
    wait: WaitFor,
) -> Result<TxView, Error> {
    if let Some(id) = engine.answered_before(session, request.idempotency.as_ref()).await? {
        return engine.answer(session, id, wait).await;
    }
    let digest = replace::digest(&request);
    let validated = replace::validate(engine, session, &request).await?;
    engine.carry_out(session, validated, request.idempotency, digest, wait).await
}

impl Engine {
    /// Admits a validated request and carries it out as far as its tier allows.
    async fn carry_out(
        &self,
        session: &Session,
        mut validated: Validated,
        key: Option<IdempotencyKey>,
        digest: Digest,
        wait: WaitFor,
    ) -> Result<TxView, Error> {
        self.reserve().refuse_unless_held()?;
        if let Some(denied) = self.refuse_unpriced(session, &validated, key.as_ref(), digest).await? {
            return self.answer_to(session, denied, wait).await;
        }
        let known = self.timed(Stage::Facts, known::gather(self, session, &mut validated)).await?;
        let case = AdmissionRequest { engine: self.clone(), session: session.clone(), validated, known };
        let admission = self.store().write(move |tx| Box::pin(s3_policy::admit(case, tx, key, digest)));
        let admitted = self.timed(Stage::Admission, admission).await?;
        self.answer_to(session, admitted, wait).await
    }

    async fn answer_to(&self, session: &Session, admitted: Admitted, wait: WaitFor) -> Result<TxView, Error> {
        let id = match admitted {
            Admitted::New(id) => {
                self.run_to_rest(id).await;
                id
            }
            Admitted::Repeat(id) => id,
            Admitted::Stopped(trigger) => return Err(auto_stop::stopped(trigger)),
            Admitted::NotKept(denials) => return Err(refusal(None, denials)),
        };
        let view = self.answer(session, id, wait).await?;
        if view.status == TxStatus::PendingApproval {
            self.asked().notify_waiters();
        }
        Ok(view)
    }

    /// The transaction of an earlier request with the same key. It is looked up before anything is built, so
    /// that its answer is returned even if the request can no longer be built.
    async fn answered_before(
        &self,
        session: &Session,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<TxId>, Error> {
        let Some(key) = key else { return Ok(None) };
        match self.store().claimed(session.id(), &key.key, self.now()).await? {
            None => Ok(None),
            Some((body, id)) if body == key.body => Ok(Some(id)),
            Some(_) => Err(idempotency::conflict()),
        }
    }

    /// Returns the transaction in its present state; not found if its wallet is no longer linked to the
    /// session.
    async fn answer(&self, session: &Session, id: TxId, wait: WaitFor) -> Result<TxView, Error> {
        let mut view = self.transaction_of(session, id).await?;
        if let WaitFor::Confirmed { timeout_seconds } = wait {
            self.wait_until_final(id, timeout_seconds).await?;
            view = self.view(id).await?;
        }
        match view.reasons {
            Reasons::Denied(denials) => Err(refusal(Some(view.id), denials)),
            Reasons::Granted(_) => Ok(view),
        }
    }

    /// Resumes a transaction on a separate task, so that a caller who disconnects interrupts nothing, and
    /// waits until it can go no further.
    async fn run_to_rest(&self, id: TxId) {
        let engine = self.clone();
        let task = self.tasks().spawn(async move { resume(&engine, id).await });
        match task.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(tx = %id, %error, "interrupted; the workers will go on with it")
            }
            Err(error) => tracing::error!(tx = %id, %error, "execution task failed; the workers will go on"),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a node is asked again after a pause")]
    async fn wait_until_final(&self, id: TxId, timeout_seconds: u32) -> Result<(), Error> {
        let deadline = Instant::now() + Duration::from_secs(u64::from(timeout_seconds.min(300)));
        let pause = self.config().confirmation.poll_interval();
        loop {
            let row = self.store().transaction(id).await?;
            let Some(row) = row else { return Ok(()) };
            let parked = matches!(row.status, TxStatus::Queued | TxStatus::PendingApproval);
            if row.status.is_terminal() || parked || Instant::now() >= deadline {
                return Ok(());
            }
            sleep(pause).await;
            s6_confirm::step(self, id).await?;
        }
    }
}

/// Carries a transaction as far as it can go now. First run, workers and recovery all use this function.
pub(crate) async fn resume(engine: &Engine, id: TxId) -> Result<(), Error> {
    let Some(row) = engine.store().transaction(id).await? else { return Ok(()) };
    match row.status {
        TxStatus::Queued => match row.execute_after {
            Some(end) if engine.now() >= end => {
                s4_wait::end_delay(engine, &row).await?;
                match engine.store().transaction(id).await? {
                    Some(row) if row.status == TxStatus::Executing => s5_execute::run(engine, row).await,
                    Some(_) | None => Ok(()),
                }
            }
            _ => Ok(()),
        },
        TxStatus::PendingApproval => match row.approval_expires_at {
            Some(end) if engine.now() >= end => s4_wait::expire_approval(engine, &row).await,
            _ => Ok(()),
        },
        TxStatus::Executing => s5_execute::run(engine, row).await,
        TxStatus::Broadcasting => {
            s6_confirm::step(engine, id).await?;
            match engine.store().transaction(id).await? {
                Some(row) => s6_confirm::rebroadcast(engine, &row).await,
                None => Ok(()),
            }
        }
        TxStatus::Submitted | TxStatus::Signed => s6_confirm::step(engine, id).await,
        TxStatus::Denied
        | TxStatus::Confirmed
        | TxStatus::Failed
        | TxStatus::Cancelled
        | TxStatus::Expired => Ok(()),
    }
}

/// Denials as an error, with the id of their row if one was stored.
fn refusal(id: Option<TxId>, denials: Vec<Denial>) -> Error {
    let Some(first) = denials.first() else { return Error::internal("a denial without a reason") };
    let mut error = Error::new(ErrorCode::Denied(first.code), sentence(&first.message));
    error.hint = first.hint.as_ref().map(|hint| sentence(hint).into());
    error.details(Details::denied(id, denials))
}
