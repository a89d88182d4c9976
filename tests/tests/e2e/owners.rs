//! Owners: how one is established, and the acts that only the owner's signature allows.

use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::{Agent, Api, Daemon, DaemonOptions, Localnet, OwnerKey, generous_policy, until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::credential_matrix::unreachable_nodes;

const SOL: u64 = 1_000_000_000;
const ETHER: u128 = 1_000_000_000_000_000_000;

fn string<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field].as_str().with_context(|| format!("{field} in {value}"))
}

/// Headers of an answer: the message as base64, or folded onto one line.
fn headers(api: &Api, message: &str, signature: &str) -> Api {
    use base64::Engine as _;
    let message = base64::engine::general_purpose::STANDARD.encode(message);
    api.clone().header("x-owner-message", &message).header("x-owner-signature", signature)
}

fn folded(api: &Api, message: &str, signature: &str) -> Api {
    api.clone()
        .header("x-owner-message", &message.replace('\n', "\\n"))
        .header("x-owner-signature", signature)
}

async fn state(daemon: &Daemon, wallet: &str) -> Result<(String, Value)> {
    let wallet = daemon.operator().get(&format!("/v1/wallets/{wallet}")).await?.expect(200)?;
    Ok((string(&wallet, "ownerState")?.to_owned(), wallet["ownerAddress"].clone()))
}

/// From NONE to LOCKED and back, for a wallet of `chain` whose owners are of the other one.
async fn establish(daemon: &Daemon, chain: &str, owner: &OwnerKey, next: &OwnerKey) -> Result<()> {
    let wallet = Agent::create(daemon, chain).await?.wallet;
    let (operator, anonymous) = (daemon.operator(), daemon.anonymous());
    let path = format!("/v1/wallets/{wallet}/owner");
    let (ask, verify) = (format!("{path}/challenge"), format!("{path}/verify"));
    assert_eq!(state(daemon, &wallet).await?, ("NONE".to_owned(), Value::Null));
    assert_eq!(operator.post_empty(&ask).await?.refused(400)?, "OWNER_NOT_SET");
    for bad in ["0x1234", "", "not an address", "0xAb5801a7D398351b8bE11C439e05C5B3259aeC9b", "1111"] {
        assert_eq!(operator.put(&path, json!({ "ownerAddress": bad })).await?.status, 400, "{bad}");
    }

    // GRACE: named by the operator, not proved, changed by the operator alone.
    let first = operator.put(&path, json!({ "ownerAddress": next.address() })).await?.expect(200)?;
    assert_eq!(state(daemon, &wallet).await?, ("GRACE".to_owned(), json!(next.address())));
    operator.put(&path, json!({ "ownerAddress": owner.address() })).await?.expect(200)?;
    let stale = next.answering(&anonymous, &first["challenge"])?;
    assert_eq!(stale.post_empty(&verify).await?.refused(403)?, "OWNER_ADDRESS_MISMATCH");

    let challenge = operator.post_empty(&ask).await?.expect(200)?;
    let message = string(&challenge, "message")?.to_owned();
    let signature = owner.sign(&message)?;
    let wrong_key = headers(&anonymous, &message, &next.sign(&message)?);
    assert_eq!(wrong_key.post_empty(&verify).await?.refused(401)?, "INVALID_SIGNATURE");
    let altered = message.replacen("wallet", "Wallet", 1);
    let altered = headers(&anonymous, &altered, &owner.sign(&altered)?);
    assert_eq!(altered.post_empty(&verify).await?.refused(401)?, "INVALID_NONCE");
    let invented = "waiaas.local wants you to sign in\nNonce: 1";
    let invented = headers(&anonymous, invented, &owner.sign(invented)?);
    assert_eq!(invented.post_empty(&verify).await?.refused(401)?, "INVALID_NONCE");
    let misnamed = headers(&anonymous, &message, &signature).header("x-owner-address", &next.address());
    assert_eq!(misnamed.post_empty(&verify).await?.refused(403)?, "OWNER_ADDRESS_MISMATCH");
    assert_eq!(state(daemon, &wallet).await?.0, "GRACE", "none of these proved anything");

    let proof = folded(&anonymous, &message, &signature).header("x-owner-address", &owner.address());
    assert_eq!(proof.post_empty(&verify).await?.expect(200)?["ownerState"], "LOCKED");
    assert_eq!(proof.post_empty(&verify).await?.refused(401)?, "INVALID_NONCE", "each message once");

    // LOCKED: the operator alone changes nothing, and is shown the text that the owner would have to sign.
    let change = json!({ "ownerAddress": next.address() });
    let told = operator.put(&path, change.clone()).await?.expect(409)?;
    assert_eq!(told["code"], "OWNER_ALREADY_CONNECTED");
    let to_remove = operator.delete(&path).await?.expect(409)?["details"]["challenge"].clone();
    let to_change = told["details"]["challenge"].clone();
    assert!(string(&to_change, "message")?.contains(&next.address()), "{to_change}");
    let elsewhere = json!({ "ownerAddress": OwnerKey::solana(99).address() });
    for (answer, body, why) in [
        (next.answering(&operator, &to_change)?, &change, "the next owner's signature"),
        (owner.answering(&operator, &to_change)?, &elsewhere, "consent to another successor"),
        (owner.answering(&operator, &to_remove)?, &change, "consent to a removal"),
        (headers(&operator, &message, &signature), &change, "the proof of long ago"),
    ] {
        let status = answer.put(&path, body.clone()).await?.status;
        assert!(matches!(status, 401 | 403 | 409), "{why}: {status}");
    }
    let alone = owner.answering(&anonymous, &to_change)?;
    assert_eq!(alone.put(&path, change.clone()).await?.status, 401, "consent does not replace the operator");
    assert_eq!(state(daemon, &wallet).await?, ("LOCKED".to_owned(), json!(owner.address())));
    let consent = owner.answering(&operator, &to_change)?;
    let given = consent.put(&path, change.clone()).await?.expect(200)?;
    assert_eq!(given["pendingOwnerAddress"].as_str(), Some(&*next.address()), "{given}");
    let kept = ("LOCKED".to_owned(), json!(owner.address()));
    assert_eq!(state(daemon, &wallet).await?, kept, "until the successor has proved the address");

    // The owner takes it back, and gives it once more; the successor's earlier challenge is void meanwhile.
    let stays = json!({ "ownerAddress": owner.address() });
    let asked = operator.put(&path, stays.clone()).await?.expect(409)?["details"]["challenge"].clone();
    let mine = next.answering(&operator, &asked)?.put(&path, stays.clone()).await?;
    assert_eq!(mine.refused(401)?, "INVALID_SIGNATURE", "the successor has no say yet");
    let back = owner.answering(&operator, &asked)?.put(&path, stays).await?.expect(200)?;
    assert_eq!((&back["pendingOwnerAddress"], &back["challenge"]), (&Value::Null, &Value::Null), "{back}");
    let early = next.answering(&anonymous, &given["challenge"])?;
    assert_eq!(early.post_empty(&verify).await?.refused(403)?, "OWNER_ADDRESS_MISMATCH");
    let again = operator.put(&path, change.clone()).await?.expect(409)?["details"]["challenge"].clone();
    owner.answering(&operator, &again)?.put(&path, change.clone()).await?.expect(200)?;
    assert_eq!(operator.delete(&path).await?.refused(409)?, "OWNER_ALREADY_CONNECTED");
    assert_eq!(state(daemon, &wallet).await?, kept);

    // The successor proves itself and then lets the wallet go.
    let challenge = operator.post_empty(&ask).await?.expect(200)?;
    next.answering(&anonymous, &challenge)?.post_empty(&verify).await?.expect(200)?;
    assert_ne!(consent.put(&path, change).await?.status, 200, "a consent is good for one change");
    let former = owner.answering(&operator, &to_remove)?;
    assert_ne!(former.delete(&path).await?.status, 200, "the former owner has no say");
    let to_remove = operator.delete(&path).await?.expect(409)?["details"]["challenge"].clone();
    next.answering(&operator, &to_remove)?.delete(&path).await?.expect(200)?;
    assert_eq!(state(daemon, &wallet).await?, ("NONE".to_owned(), Value::Null));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_of_either_kind_is_named_proved_and_only_replaced_by_itself() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    establish(&daemon, "solana", &OwnerKey::evm(3)?, &OwnerKey::evm(4)?).await?;
    establish(&daemon, "ethereum", &OwnerKey::solana(3), &OwnerKey::solana(4)).await?;
    establish(&daemon, "solana", &OwnerKey::solana(5), &OwnerKey::evm(5)?).await?;
    assert_eq!(daemon.operator().get("/v1/admin/audit/verify").await?.expect(200)?["intact"], true);
    Ok(())
}

/// A transfer that waits for its owner: its id and the two questions.
struct Waiting {
    path: String,
    approve: Value,
    reject: Value,
}

impl Waiting {
    async fn ask(daemon: &Daemon, agent: &Agent, to: &str, amount: &str) -> Result<Self> {
        let sent = agent.send(daemon, to, amount).await?.expect(201)?;
        assert_eq!(sent["status"], "PENDING_APPROVAL", "{sent}");
        let path = format!("/v1/transactions/{}", string(&sent, "id")?);
        let asked = daemon.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
        Ok(Self { path, approve: asked["approve"].clone(), reject: asked["reject"].clone() })
    }

    fn approval(&self) -> String {
        format!("{}/approve", self.path)
    }

    fn rejection(&self) -> String {
        format!("{}/reject", self.path)
    }

    async fn status(&self, daemon: &Daemon, agent: &Agent) -> Result<String> {
        let tx = agent.api(daemon).get(&self.path).await?.expect(200)?;
        Ok(string(&tx, "status")?.to_owned())
    }

    async fn confirmed(&self, daemon: &Daemon, agent: &Agent) -> Result<()> {
        until("a confirmation", Duration::from_secs(30), || async {
            Ok((self.status(daemon, agent).await? == "CONFIRMED").then_some(()))
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_signature_approves_one_transaction_once_and_nothing_else_does() -> Result<()> {
    let localnet = Localnet::start()?;
    let daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
    let agent = Agent::create(&daemon, "solana").await?;
    localnet.solana.fund(&agent.address, 1000 * SOL).await?;
    daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", generous_policy()).await?;
    let (owner, stranger) = (OwnerKey::evm(3)?, OwnerKey::evm(4)?);
    let to = OwnerKey::solana(21).address();
    let (anonymous, operator) = (daemon.anonymous(), daemon.operator());

    // An unproved address approves nothing: the request is refused, not parked.
    let body = json!({ "ownerAddress": owner.address() });
    operator.put(&format!("/v1/wallets/{}/owner", agent.wallet), body).await?.expect(200)?;
    assert_eq!(agent.send(&daemon, &to, "50.0").await?.refused(403)?, "OWNER_REQUIRED");
    agent.lock_owner(&daemon, &owner).await?;
    let (one, two) = (
        Waiting::ask(&daemon, &agent, &to, "50.0").await?,
        Waiting::ask(&daemon, &agent, &to, "50.0").await?,
    );

    // No other credential, on no route.
    let yes = string(&one.approve, "message")?.to_owned();
    let signature = owner.sign(&yes)?;
    for api in [&anonymous, &operator, &agent.api(&daemon)] {
        assert_eq!(api.post_empty(&one.approval()).await?.status, 401);
        assert_eq!(api.post(&one.approval(), json!({ "approved": true })).await?.status, 401);
    }
    let admin = one.approval().replace("/v1/", "/v1/admin/");
    assert_eq!(operator.post_empty(&admin).await?.status, 404, "the operator has no such route");
    assert_eq!(operator.raw(Method::PUT, &one.path, "application/json", b"{}".to_vec()).await?.status, 405);

    // Signatures over another text, or of another key.
    let late = yes.replacen("50 SOL", "51 SOL", 1);
    assert_ne!(late, yes, "the message names the sum: {yes}");
    let spaced = format!("{yes} ");
    let no = string(&one.reject, "message")?.to_owned();
    let others = string(&two.approve, "message")?.to_owned();
    for (message, signed, code, why) in [
        (&others, owner.sign(&others)?, "INVALID_NONCE", "another transaction's message"),
        (&late, owner.sign(&late)?, "INVALID_NONCE", "one character altered"),
        (&spaced, owner.sign(&spaced)?, "INVALID_NONCE", "one character more"),
        (&no, owner.sign(&no)?, "INVALID_NONCE", "the rejection"),
        (&yes, stranger.sign(&yes)?, "INVALID_SIGNATURE", "another key"),
        (&yes, owner.sign(&others)?, "INVALID_SIGNATURE", "a signature over another message"),
        (&yes, OwnerKey::solana(3).sign(&yes)?, "INVALID_SIGNATURE", "a key of the other chain"),
        (&yes, format!("0x{}", "00".repeat(65)), "INVALID_SIGNATURE", "zeroes"),
        (&yes, "0x".to_owned(), "INVALID_SIGNATURE", "nothing"),
    ] {
        let answer = headers(&anonymous, message, &signed).post_empty(&one.approval()).await?;
        assert_eq!(answer.refused(401)?, code, "{why}");
    }
    let misnamed = headers(&anonymous, &yes, &signature).header("x-owner-address", &stranger.address());
    assert_eq!(misnamed.post_empty(&one.approval()).await?.refused(403)?, "OWNER_ADDRESS_MISMATCH");
    let crossed = headers(&anonymous, &yes, &signature).post_empty(&one.rejection()).await?;
    assert_eq!(crossed.refused(401)?, "INVALID_NONCE", "an approval rejects nothing");
    assert_eq!(one.status(&daemon, &agent).await?, "PENDING_APPROVAL");
    assert_eq!(localnet.solana.balance(&to).await?, 0, "nothing moved");

    // The right one, written on one line, once.
    let good = folded(&anonymous, &yes, &signature).header("x-owner-address", &owner.address());
    good.post_empty(&one.approval()).await?.expect(200)?;
    one.confirmed(&daemon, &agent).await?;
    assert_eq!(good.post_empty(&one.approval()).await?.refused(409)?, "TX_ALREADY_PROCESSED", "replay");
    let regret = owner.answering(&anonymous, &one.reject)?.post_empty(&one.rejection()).await?;
    assert_eq!(regret.refused(409)?, "TX_ALREADY_PROCESSED", "too late");
    let unknown = one.approval().replace(&one.path, &format!("/v1/transactions/{}", uuid::Uuid::now_v7()));
    assert_eq!(good.post_empty(&unknown).await?.refused(404)?, "TX_NOT_FOUND");
    assert_eq!(localnet.solana.balance(&to).await?, 50 * SOL, "once");

    // A request that the agent, the operator or the owner withdrew is not approved afterwards.
    let cancel = format!("{}/cancel", two.path);
    assert_eq!(agent.api(&daemon).post_empty(&cancel).await?.expect(200)?["status"], "CANCELLED");
    let three = Waiting::ask(&daemon, &agent, &to, "50.0").await?;
    let reject = three.rejection().replace("/v1/", "/v1/admin/");
    operator.post_empty(&reject).await?.expect(200)?;
    let four = Waiting::ask(&daemon, &agent, &to, "50.0").await?;
    owner.answering(&anonymous, &four.reject)?.post_empty(&four.rejection()).await?.expect(200)?;
    for gone in [&two, &three, &four] {
        let answer = owner.answering(&anonymous, &gone.approve)?.post_empty(&gone.approval()).await?;
        assert_eq!(answer.refused(409)?, "TX_ALREADY_PROCESSED");
        assert_eq!(gone.status(&daemon, &agent).await?, "CANCELLED");
        assert_eq!(
            anonymous.get(&format!("{}/approval", gone.path)).await?.status,
            404,
            "nothing is asked any more"
        );
    }

    // A former owner's signature over a question of its time, and its successor's over the same.
    let five = Waiting::ask(&daemon, &agent, &to, "50.0").await?;
    let path = format!("/v1/wallets/{}/owner", agent.wallet);
    let change = json!({ "ownerAddress": stranger.address() });
    let told = operator.put(&path, change.clone()).await?.expect(409)?;
    let consent = owner.answering(&operator, &told["details"]["challenge"])?;
    consent.put(&path, change).await?.expect(200)?;
    for locked in [false, true] {
        if locked {
            let challenge = operator.post_empty(&format!("{path}/challenge")).await?.expect(200)?;
            let proof = stranger.answering(&anonymous, &challenge)?;
            proof.post_empty(&format!("{path}/verify")).await?.expect(200)?;
        }
        // Until the successor has proved its address, the owner stays the same, and cannot answer here.
        let answered = async |key: &OwnerKey| {
            key.answering(&anonymous, &five.approve)?.post_empty(&five.approval()).await
        };
        if !locked {
            assert_eq!(answered(&stranger).await?.refused(401)?, "INVALID_SIGNATURE");
            continue;
        }
        for key in [&owner, &stranger] {
            assert_eq!(answered(key).await?.refused(403)?, "OWNER_ADDRESS_MISMATCH");
        }
    }
    assert_eq!(five.status(&daemon, &agent).await?, "PENDING_APPROVAL");
    assert_eq!(localnet.solana.balance(&to).await?, 50 * SOL, "still once");
    assert_eq!(operator.get("/v1/admin/audit/verify").await?.expect(200)?["intact"], true);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn approvals_at_the_same_time_execute_once() -> Result<()> {
    let localnet = Localnet::start()?;
    let daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
    let agent = Agent::create(&daemon, "ethereum").await?;
    localnet.evm.fund(&agent.address, 100 * ETHER).await?;
    daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", generous_policy()).await?;
    let owner = OwnerKey::solana(3);
    agent.lock_owner(&daemon, &owner).await?;
    let to = OwnerKey::evm(21)?.address();
    let waiting = Waiting::ask(&daemon, &agent, &to, "2.0").await?;

    let yes = owner.answering(&daemon.anonymous(), &waiting.approve)?;
    let path = waiting.approval();
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (yes, path) = (yes.clone(), path.clone());
        racing.spawn(async move { yes.post_empty(&path).await });
    }
    let mut statuses = Vec::new();
    while let Some(answer) = racing.join_next().await {
        let answer = answer??;
        if answer.status != 200 {
            assert_eq!(answer.clone().refused(409)?, "TX_ALREADY_PROCESSED", "{}", answer.body);
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    waiting.confirmed(&daemon, &agent).await?;
    assert_eq!(localnet.evm.balance(&to).await?, 2 * ETHER);
    assert_eq!(localnet.evm.nonce(&agent.address).await?, 1, "one transaction on chain");

    // Approval against rejection: after either, the record and the chain agree.
    let contested = Waiting::ask(&daemon, &agent, &to, "2.0").await?;
    let (yes, no) = (
        owner.answering(&daemon.anonymous(), &contested.approve)?,
        owner.answering(&daemon.anonymous(), &contested.reject)?,
    );
    let (approval, rejection) = (contested.approval(), contested.rejection());
    let (yes, no) = tokio::join!(yes.post_empty(&approval), no.post_empty(&rejection));
    let (yes, no) = (yes?.status, no?.status);
    assert!(matches!((yes, no), (200, 409) | (409, 200)), "{yes} {no}");
    let expected = if yes == 200 {
        contested.confirmed(&daemon, &agent).await?;
        2
    } else {
        assert_eq!(contested.status(&daemon, &agent).await?, "CANCELLED");
        1
    };
    assert_eq!(localnet.evm.nonce(&agent.address).await?, expected);
    assert_eq!(localnet.evm.balance(&to).await?, expected * 2 * ETHER);
    Ok(())
}
