//! The daemon is killed at every boundary between its stages, and at random; afterwards the money is
//! where the record says, exactly once.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{Agent, Books, Fault, OwnerKey, When};
use tokio::time::timeout;

use crate::stage::{On, PATIENCE, Payer, Payment, Stage, fresh, id};

/// A place to die: a call of the node, its side, and the status that the row may have then (none: no row).
struct Boundary(&'static str, When, &'static [&'static str]);

const NOTHING: &[&str] = &[];
const ADMITTED: &[&str] = &["EXECUTING"];
const SIGNED: &[&str] = &["BROADCASTING"];
const ACCEPTED: &[&str] = &["SUBMITTED"];

const ETHEREUM: &[Boundary] = &[
    Boundary("eth_estimateGas", When::Before, NOTHING),
    Boundary("eth_estimateGas", When::After, NOTHING),
    Boundary("eth_getTransactionCount", When::Before, ADMITTED),
    Boundary("eth_getTransactionCount", When::After, ADMITTED),
    Boundary("eth_sendRawTransaction", When::Before, SIGNED),
    Boundary("eth_sendRawTransaction", When::After, SIGNED),
    Boundary("eth_getTransactionReceipt", When::Before, ACCEPTED),
    Boundary("eth_getTransactionReceipt", When::After, ACCEPTED),
    Boundary("eth_blockNumber", When::After, ACCEPTED),
];

const SOLANA: &[Boundary] = &[
    Boundary("simulateTransaction", When::Before, NOTHING),
    Boundary("simulateTransaction", When::After, NOTHING),
    Boundary("getRecentPrioritizationFees", When::Before, NOTHING),
    Boundary("getLatestBlockhash", When::Before, ADMITTED),
    Boundary("getLatestBlockhash", When::After, ADMITTED),
    Boundary("sendTransaction", When::Before, SIGNED),
    Boundary("sendTransaction", When::After, SIGNED),
    Boundary("getSignatureStatuses", When::Before, ACCEPTED),
    Boundary("getSignatureStatuses", When::After, ACCEPTED),
    Boundary("getTransaction", When::After, ACCEPTED),
];

/// The wallet's transactions in the dead daemon's database, except those confirmed before.
async fn left_behind(stage: &Stage, agent: &Agent) -> Result<Vec<String>> {
    let mut rows = Books::copy(stage.daemon.data_dir()).await?.statuses(&agent.wallet).await?;
    rows.retain(|status| status != "CONFIRMED");
    Ok(rows)
}

/// The fault that ends the daemon at a boundary. Once the transaction is out, the caller's answer and the
/// next call to the node race; so there the call is held until the caller has the answer and the daemon is
/// killed.
fn fatal(stage: &Stage, left: &[&str]) -> Result<Fault> {
    Ok(if left == ACCEPTED { Fault::Silent } else { Fault::Kill(stage.daemon.pid()?) })
}

/// Kills at one boundary while an agent asks, starts again, repeats the request under its own key.
async fn die_at(stage: &mut Stage, payer: &mut Payer, boundary: &Boundary) -> Result<()> {
    let Boundary(method, when, left) = boundary;
    let payment = payer.owes(stage.on, stage.on.small())?;
    let dead = stage.proxy.once(method, *when, fatal(stage, left)?);
    let (asked, died) = tokio::join!(stage.ask(payer, &payment), timeout(PATIENCE, dead));
    died.context("the boundary was never reached")??;
    let accepted = asked.is_ok();
    ensure!(accepted == (*left == ACCEPTED), "the client saw {asked:?}");
    stage.daemon.kill();
    stage.proxy.heal();
    let rows = left_behind(stage, &payer.agent).await?;
    ensure!(rows == *left, "the crash left {rows:?}");
    stage.daemon.restart()?;
    let again = stage.ask(payer, &payment).await?.expect(201)?;
    if let Ok(answer) = asked {
        ensure!(id(&answer.body)? == id(&again)?, "one key, one transaction");
    }
    let ended = stage.settled(payer, &id(&again)?).await?;
    ensure!(ended["status"] == "CONFIRMED", "{ended}");
    stage.paid_once(payer).await
}

async fn die_everywhere(on: On, boundaries: &[Boundary]) -> Result<()> {
    let mut stage = Stage::new(on).await?;
    let mut payer = stage.payer().await?;
    for boundary in boundaries {
        let Boundary(method, when, _) = boundary;
        die_at(&mut stage, &mut payer, boundary).await.with_context(|| format!("{when:?} {method}"))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_boundary_on_ethereum_pays_once() -> Result<()> {
    die_everywhere(On::Ethereum, ETHEREUM).await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_boundary_on_solana_pays_once() -> Result<()> {
    die_everywhere(On::Solana, SOLANA).await
}

/// Kills right after the owner's yes. There is no second request: the approval alone must suffice.
async fn die_approved(stage: &mut Stage, method: &str, when: When, left: &[&str]) -> Result<()> {
    let mut payer = stage.payer().await?;
    let owner = OwnerKey::evm(5)?;
    payer.agent.lock_owner(&stage.daemon, &owner).await?;
    let payment = payer.owes(stage.on, stage.on.large())?;
    let waiting = stage.ask(&payer, &payment).await?.expect(201)?;
    ensure!(waiting["status"] == "PENDING_APPROVAL", "{waiting}");
    let tx = id(&waiting)?;
    // A restart while it waits must not lose the question.
    stage.daemon.kill();
    stage.daemon.restart()?;
    let path = format!("/v1/transactions/{tx}");
    let asked = stage.daemon.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
    let yes = owner.answering(&stage.daemon.anonymous(), &asked["approve"])?;
    let dead = stage.proxy.once(method, when, fatal(stage, left)?);
    let path = format!("{path}/approve");
    let (answer, died) = tokio::join!(yes.post_empty(&path), timeout(PATIENCE, dead));
    died.context("the boundary was never reached")??;
    ensure!(answer.is_ok() == (left == ACCEPTED), "the owner saw {answer:?}");
    stage.daemon.kill();
    stage.proxy.heal();
    let rows = left_behind(stage, &payer.agent).await?;
    ensure!(rows == left, "the crash left {rows:?}");
    stage.daemon.restart()?;
    let ended = stage.settled(&payer, &tx).await?;
    ensure!(ended["status"] == "CONFIRMED", "{ended}");
    let again = owner.answering(&stage.daemon.anonymous(), &asked["approve"])?;
    let again = again.post_empty(&path).await?.refused(409)?;
    ensure!(again == "TX_ALREADY_PROCESSED", "{again}");
    stage.paid_once(&payer).await
}

async fn die_approved_everywhere(on: On) -> Result<()> {
    let mut stage = Stage::new(on).await?;
    let boundaries = [
        (on.completion(), When::Before, ADMITTED),
        (on.broadcast(), When::Before, SIGNED),
        (on.broadcast(), When::After, SIGNED),
        (on.outcome(), When::Before, ACCEPTED),
    ];
    for (method, when, left) in boundaries {
        let died = die_approved(&mut stage, method, when, left).await;
        died.with_context(|| format!("approved, {when:?} {method}"))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_an_approval_on_ethereum_pays_once() -> Result<()> {
    die_approved_everywhere(On::Ethereum).await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_an_approval_on_solana_pays_once() -> Result<()> {
    die_approved_everywhere(On::Solana).await
}

/// Asks for everything at once and kills after `delay`; the answers that the clients saw are not used.
async fn burst_and_kill(stage: Stage, payer: &Arc<Payer>, all: &[Payment], delay: Duration) -> Result<Stage> {
    let stage = Arc::new(stage);
    let asking: Vec<_> = all
        .iter()
        .cloned()
        .map(|payment| {
            let (stage, payer) = (stage.clone(), payer.clone());
            tokio::spawn(async move { stage.ask(&payer, &payment).await.map(drop) })
        })
        .collect();
    tokio::time::sleep(delay).await;
    rustix::process::kill_process(stage.daemon.pid()?, rustix::process::Signal::KILL)?;
    for asked in asking {
        let _ = asked.await?;
    }
    let mut stage = Arc::into_inner(stage).context("the stage is shared")?;
    stage.daemon.restart()?;
    Ok(stage)
}

/// Three rounds of ten payments, each round killed at a random instant of the burst and again at one of
/// the repetition.
#[expect(clippy::print_stdout, reason = "the seed must be known even of a round that hangs")]
async fn die_at_random(on: On) -> Result<()> {
    let mut stage = Stage::new(on).await?;
    for _ in 0..3 {
        let seed: u64 = u64::from_le_bytes(fresh()?);
        println!("{on:?}: seed {seed}");
        let delays = [seed % 400, (seed >> 32) % 400].map(Duration::from_millis);
        let mut payer = stage.payer().await?;
        let all = (0..10).map(|_| payer.owes(on, on.small())).collect::<Result<Vec<_>>>()?;
        let payer = Arc::new(payer);
        for delay in delays {
            stage =
                burst_and_kill(stage, &payer, &all, delay).await.with_context(|| format!("seed {seed}"))?;
        }
        for payment in &all {
            let tx = stage.ask(&payer, payment).await?.expect(201).with_context(|| format!("seed {seed}"))?;
            stage.settled(&payer, &id(&tx)?).await.with_context(|| format!("seed {seed}"))?;
        }
        stage.paid_once(&payer).await.with_context(|| format!("seed {seed}, delays {delays:?}"))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_on_ethereum_pays_once() -> Result<()> {
    die_at_random(On::Ethereum).await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_on_solana_pays_once() -> Result<()> {
    die_at_random(On::Solana).await
}

/// The same key and body get the same answer even when the first payment has emptied the wallet, so
/// that a client whose connection died learns that it has paid.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_answered_from_an_empty_wallet_and_without_a_node() -> Result<()> {
    let stage = Stage::new(On::Ethereum).await?;
    let mut payer = stage.payer().await?;
    let payment = payer.owes(stage.on, stage.on.small())?;
    let first = stage.ask(&payer, &payment).await?.expect(201)?;
    stage.settled(&payer, &id(&first)?).await?;
    stage.paid_once(&payer).await?;
    stage.localnet.evm.fund(&payer.agent.address, 0).await?;
    let again = stage.ask(&payer, &payment).await?.expect(201)?;
    ensure!((&again["id"], &again["status"]) == (&first["id"], &"CONFIRMED".into()), "{again}");
    stage.proxy.always("*", When::Before, Fault::Unavailable);
    let again = stage.ask(&payer, &payment).await?.expect(201)?;
    ensure!(again["id"] == first["id"], "{again}");
    let mut other = payment.clone();
    other.text = "0.002";
    ensure!(stage.ask(&payer, &other).await?.refused(409)? == "IDEMPOTENCY_CONFLICT");
    Ok(())
}
