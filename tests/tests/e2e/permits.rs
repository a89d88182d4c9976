//! Signatures that move tokens (EIP-2612, EIP-3009): the ones that the policies grant, and their effect on a
//! real token, which is exactly the judged one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256, U256};
use anyhow::{Context as _, Result};
use e2e::{Answer, Books, OwnerKey, call_data, until};
use serde_json::{Value, json};

use crate::world::{World, evm_payee, instant_up_to, text};

/// Base units of a coin, which is worth a dollar.
pub(crate) const COIN: u128 = 1_000_000;
/// Accounts of the node: one that may be given an allowance, and one that only brings signed permits.
pub(crate) const SPENDER: usize = 1;
pub(crate) const RELAYER: usize = 2;

/// An agent with 1000 coins, of which it may spend 100 at a time.
pub(crate) async fn world() -> Result<World> {
    let world = World::ethereum().await?;
    world.localnet.evm.fund_coin(&world.agent.address, 1000 * COIN).await?;
    world.policy("SPENDING_LIMIT", instant_up_to(100)).await?;
    Ok(world)
}

/// A policy of the agent's wallet on its own network.
pub(crate) async fn scoped(world: &World, policy_type: &str, rules: Value) -> Result<()> {
    let body = json!({
        "type": policy_type, "walletId": world.agent.wallet, "network": "evm-localnet", "rules": rules,
    });
    world.daemon.operator().post("/v1/policies", body).await?.expect(201).map(drop)
}

/// Lets the coin leave, and the spender have up to `most` of it.
async fn allow(world: &World, most: u128) -> Result<()> {
    let coin = world.localnet.evm.coin.clone();
    scoped(world, "ALLOWED_TOKENS", json!({ "tokens": [{ "address": coin }] })).await?;
    let spender = world.localnet.evm.account(SPENDER).await?;
    let spenders = json!({ "spenders": [{ "address": spender, "maxAmount": most.to_string() }] });
    scoped(world, "APPROVED_SPENDERS", spenders).await
}

pub(crate) fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

pub(crate) fn fields(text: &str) -> Value {
    let field = |each: &str| {
        let (kind, name) = each.split_once(' ').unwrap_or((each, ""));
        json!({ "name": name, "type": kind })
    };
    text.split(", ").map(field).collect()
}

/// Typed data for a token at `contract` of the coin's name.
fn typed(contract: &str, primary: &str, message_fields: &str, message: Value) -> Value {
    json!({
        "primaryType": primary,
        "types": {
            "EIP712Domain": fields("string name, string version, uint256 chainId, address verifyingContract"),
            primary: fields(message_fields),
        },
        "domain": {
            "name": "Localnet Coin", "version": "1", "chainId": 31337, "verifyingContract": contract,
        },
        "message": message,
    })
}

/// A permission to take `value`, with the token's next nonce.
struct Permit {
    spender: String,
    value: U256,
    deadline: u64,
}

impl Permit {
    async fn for_spender(world: &World, value: u128) -> Result<Self> {
        let spender = world.localnet.evm.account(SPENDER).await?;
        Ok(Self { spender, value: U256::from(value), deadline: now()? + 3600 })
    }

    /// Asks for its signature.
    async fn ask(&self, world: &World) -> Result<Answer> {
        self.ask_at(world, &world.localnet.evm.coin).await
    }

    async fn ask_at(&self, world: &World, token: &str) -> Result<Answer> {
        let evm = &world.localnet.evm;
        let owner = &world.agent.address;
        let nonce = evm.read(&evm.coin, &call_data("nonces(address)", &[address(owner)?])).await?;
        let fields = "address owner, address spender, uint256 value, uint256 nonce, uint256 deadline";
        let message = json!({
            "owner": owner, "spender": self.spender, "value": self.value.to_string(),
            "nonce": nonce.to_string(), "deadline": self.deadline.to_string(),
        });
        let body = json!({ "signType": "typedData", "typedData": typed(token, "Permit", fields, message) });
        world.agent.api(&world.daemon).post("/v1/transactions/sign-message", body).await
    }

    /// Another account brings it to the token.
    async fn bring(&self, world: &World, signature: &str) -> Result<()> {
        let [v, r, s] = parts(signature)?;
        let arguments = [
            address(&world.agent.address)?,
            address(&self.spender)?,
            DynSolValue::Uint(self.value, 256),
            DynSolValue::Uint(U256::from(self.deadline), 256),
            v,
            r,
            s,
        ];
        let signature = "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)";
        bring(world, &call_data(signature, &arguments)).await
    }
}

async fn bring(world: &World, data: &str) -> Result<()> {
    let evm = &world.localnet.evm;
    evm.transact_as(&evm.account(RELAYER).await?, &evm.coin, data).await.map(drop)
}

pub(crate) fn address(text: &str) -> Result<DynSolValue> {
    Ok(DynSolValue::Address(text.parse::<Address>()?))
}

/// Recovery id and the two halves, as contracts want them.
pub(crate) fn parts(signature: &str) -> Result<[DynSolValue; 3]> {
    let bytes = hex::decode(signature.trim_start_matches("0x"))?;
    let (r, rest) = bytes.split_first_chunk::<32>().context("r")?;
    let (s, v) = rest.split_first_chunk::<32>().context("s")?;
    let [v] = v else { anyhow::bail!("a signature of {} bytes", bytes.len()) };
    let word = |half: &[u8; 32]| DynSolValue::FixedBytes(B256::from(*half), 32);
    Ok([DynSolValue::Uint(U256::from(*v), 8), word(r), word(s)])
}

/// The signature that a request brought at once.
pub(crate) fn signature(answer: Answer) -> Result<String> {
    let signed = answer.expect(200)?;
    assert_eq!((&signed["status"], &signed["tier"]), (&json!("SIGNED"), &json!("INSTANT")), "{signed}");
    Ok(text(&signed, "signature")?.to_owned())
}

pub(crate) async fn balance(world: &World, of: &str) -> Result<u128> {
    let coin = &world.localnet.evm.coin;
    world.localnet.evm.read(coin, &call_data("balanceOf(address)", &[address(of)?])).await
}

/// The spender takes `amount` for itself.
async fn take(world: &World, amount: u128) -> Result<()> {
    let evm = &world.localnet.evm;
    let spender = evm.account(SPENDER).await?;
    let arguments =
        [address(&world.agent.address)?, address(&spender)?, DynSolValue::Uint(U256::from(amount), 256)];
    let data = call_data("transferFrom(address,address,uint256)", &arguments);
    evm.transact_as(&spender, &evm.coin, &data).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permit_up_to_the_limit_works_and_moves_no_more() -> Result<()> {
    let world = world().await?;
    let permit = Permit::for_spender(&world, 60 * COIN).await?;
    let refused = permit.ask(&world).await?.refused(403)?;
    assert!(matches!(refused.as_str(), "TOKEN_NOT_ALLOWED" | "SPENDER_NOT_APPROVED"), "{refused}");
    allow(&world, 60 * COIN).await?;

    // One without an end: it counts as spent when it is handed out, and ages like anything spent.
    let endless = Permit { deadline: u64::MAX, ..Permit::for_spender(&world, COIN).await? };
    signature(endless.ask(&world).await?)?;
    let mut books = Books::open(world.daemon.data_dir()).await?;
    let statuses: Vec<_> =
        books.reservations(&world.agent.wallet).await?.into_iter().map(|one| one.status).collect();
    assert_eq!(statuses, ["SETTLED"]);

    let elsewhere = Permit { spender: evm_payee(51)?, ..Permit::for_spender(&world, 1).await? };
    assert_eq!(elsewhere.ask(&world).await?.refused(403)?, "SPENDER_NOT_APPROVED");
    let erc20 = world.localnet.evm.erc20.clone();
    assert_eq!(permit.ask_at(&world, &erc20).await?.refused(403)?, "TOKEN_NOT_ALLOWED");
    let more = Permit::for_spender(&world, 60 * COIN + 1).await?;
    assert_eq!(more.ask(&world).await?.refused(403)?, "APPROVE_AMOUNT_EXCEEDED");
    let endless = Permit { value: U256::MAX, ..Permit::for_spender(&world, 0).await? };
    let code = endless.ask(&world).await?.refused(403)?;
    assert!(matches!(code.as_str(), "UNLIMITED_APPROVE_BLOCKED" | "APPROVE_AMOUNT_EXCEEDED"), "{code}");

    // The boundary itself. The permit does what was signed, and no more can be taken by it.
    let signed = signature(permit.ask(&world).await?)?;
    let raised = Permit { value: U256::from(60 * COIN + 1), ..Permit::for_spender(&world, 0).await? };
    let raised = Permit { deadline: permit.deadline, ..raised };
    assert!(raised.bring(&world, &signed).await.is_err(), "for another amount");
    permit.bring(&world, &signed).await?;
    assert!(permit.bring(&world, &signed).await.is_err(), "only once");
    let spender = world.localnet.evm.account(SPENDER).await?;
    assert!(take(&world, 60 * COIN + 1).await.is_err(), "more than was signed");
    take(&world, 60 * COIN).await?;
    assert!(take(&world, 1).await.is_err(), "nothing is left");
    assert_eq!(balance(&world, &spender).await?, 60 * COIN);
    assert_eq!(balance(&world, &world.agent.address).await?, 940 * COIN);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_permit_is_worth_and_how_much_may_be_allowed_are_limits_of_their_own() -> Result<()> {
    let world = world().await?;
    allow(&world, 500 * COIN).await?;
    // 100 dollars at once; more takes the owner.
    signature(Permit::for_spender(&world, 100 * COIN).await?.ask(&world).await?)?;
    let dear = Permit::for_spender(&world, 100 * COIN + 1).await?;
    assert_eq!(dear.ask(&world).await?.refused(403)?, "OWNER_REQUIRED");
    let all = Permit::for_spender(&world, 1000 * COIN + 1).await?;
    assert_eq!(all.ask(&world).await?.refused(403)?, "APPROVE_AMOUNT_EXCEEDED");

    scoped(&world, "APPROVE_AMOUNT_LIMIT", json!({ "maxAmount": (55 * COIN).to_string() })).await?;
    let more = Permit::for_spender(&world, 55 * COIN + 1).await?;
    assert_eq!(more.ask(&world).await?.refused(403)?, "APPROVE_AMOUNT_EXCEEDED");
    let permit = Permit::for_spender(&world, 55 * COIN).await?;
    let signed = signature(permit.ask(&world).await?)?;
    permit.bring(&world, &signed).await?;
    take(&world, 55 * COIN).await?;
    assert!(take(&world, 1).await.is_err());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permit_the_owner_agreed_to_works_too() -> Result<()> {
    let world = world().await?;
    allow(&world, 500 * COIN).await?;
    let owner = OwnerKey::evm(3)?;
    world.agent.lock_owner(&world.daemon, &owner).await?;
    let permit = Permit::for_spender(&world, 500 * COIN).await?;
    let asked = permit.ask(&world).await?.expect(200)?;
    assert_eq!((&asked["status"], &asked["signature"]), (&json!("PENDING_APPROVAL"), &json!(null)));
    let path = format!("/v1/transactions/{}", text(&asked, "id")?);
    let question = world.daemon.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
    let yes = owner.answering(&world.daemon.anonymous(), &question["approve"])?;
    yes.post_empty(&format!("{path}/approve")).await?.expect(200)?;
    let signed = until("a signature", Duration::from_secs(30), || async {
        let tx = world.agent.transaction(&world.daemon, text(&asked, "id")?).await?;
        Ok(tx["signature"].as_str().map(str::to_owned))
    })
    .await?;
    permit.bring(&world, &signed).await?;
    take(&world, 500 * COIN).await?;
    assert_eq!(balance(&world, &world.agent.address).await?, 500 * COIN);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_permit_may_move_is_held_until_it_ends_and_counts_after_that() -> Result<()> {
    let world = World::ethereum().await?;
    world.localnet.evm.fund_coin(&world.agent.address, 1000 * COIN).await?;
    let mut limits = instant_up_to(100);
    limits["daily_limit_usd"] = json!(100);
    world.policy("SPENDING_LIMIT", limits).await?;
    allow(&world, 500 * COIN).await?;
    let held = || async {
        let mut books = Books::open(world.daemon.data_dir()).await?;
        let mut held: Vec<_> = books.reservations(&world.agent.wallet).await?;
        held.sort_by_key(|one| one.amount);
        Ok::<_, anyhow::Error>(held.into_iter().map(|one| (one.status, one.amount)).collect::<Vec<_>>())
    };
    let soon = Permit { deadline: now()? + 5, ..Permit::for_spender(&world, 60 * COIN).await? };
    let late = signature(soon.ask(&world).await?)?;
    assert_eq!(held().await?, [("HELD".to_owned(), 60 * COIN)]);
    let second = Permit::for_spender(&world, 40 * COIN).await?;
    let above = Permit::for_spender(&world, 40 * COIN + 1).await?;
    assert_eq!(above.ask(&world).await?.refused(403)?, "OWNER_REQUIRED", "100.000001 in a day");
    signature(second.ask(&world).await?)?;

    let ended = [("HELD".to_owned(), 40 * COIN), ("SETTLED".to_owned(), 60 * COIN)];
    until("the end of the first", Duration::from_secs(60), || async {
        Ok((held().await? == ended).then_some(()))
    })
    .await?;
    assert!(soon.bring(&world, &late).await.is_err(), "the token does not take it any more either");
    let one = Permit::for_spender(&world, 1).await?;
    assert_eq!(one.ask(&world).await?.refused(403)?, "OWNER_REQUIRED", "it counts as spent");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorisation_moves_exactly_what_was_signed() -> Result<()> {
    let world = world().await?;
    let coin = world.localnet.evm.coin.clone();
    let (from, to) = (world.agent.address.clone(), evm_payee(52)?);
    let (end, nonce) = (now()? + 3600, B256::repeat_byte(7));
    let ask = |value: u128, nonce: B256| {
        let fields = "address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, \
                      bytes32 nonce";
        let message = json!({
            "from": from, "to": to, "value": value.to_string(), "validAfter": "0",
            "validBefore": end.to_string(), "nonce": nonce,
        });
        let data = typed(&coin, "TransferWithAuthorization", fields, message);
        let body = json!({ "signType": "typedData", "typedData": data });
        let api = world.agent.api(&world.daemon);
        async move { api.post("/v1/transactions/sign-message", body).await }
    };
    assert_eq!(ask(1, nonce).await?.refused(403)?, "TOKEN_NOT_ALLOWED");
    scoped(&world, "ALLOWED_TOKENS", json!({ "tokens": [{ "address": coin }] })).await?;
    assert_eq!(ask(100 * COIN + 1, nonce).await?.refused(403)?, "OWNER_REQUIRED");
    let signed = signature(ask(100 * COIN, nonce).await?)?;
    let redeem = |value: u128| {
        let [v, r, s] = parts(&signed)?;
        let number = |number: u128| DynSolValue::Uint(U256::from(number), 256);
        let nonce = DynSolValue::FixedBytes(nonce, 32);
        let (value, end) = (number(value), number(end.into()));
        let arguments = [address(&from)?, address(&to)?, value, number(0), end, nonce, v, r, s];
        let method = "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,\
                      bytes32,bytes32)";
        Ok::<_, anyhow::Error>(call_data(method, &arguments))
    };
    assert!(bring(&world, &redeem(100 * COIN + 1)?).await.is_err(), "for another amount");
    bring(&world, &redeem(100 * COIN)?).await?;
    assert!(bring(&world, &redeem(100 * COIN)?).await.is_err(), "only once");
    assert_eq!(balance(&world, &to).await?, 100 * COIN);
    assert_eq!(balance(&world, &from).await?, 900 * COIN);

    assert_eq!(ask(1, nonce).await?.refused(400)?, "INVALID_TRANSACTION", "its nonce is used up");
    scoped(&world, "WHITELIST", json!({ "allowed_addresses": [evm_payee(53)?] })).await?;
    let fresh = B256::repeat_byte(8);
    assert_eq!(ask(1, fresh).await?.refused(403)?, "WHITELIST_DENIED");
    Ok(())
}

/// The token itself is asked: it would not take the permit, so that it is of no use or meant for something else.
#[tokio::test(flavor = "multi_thread")]
async fn a_permit_that_its_token_would_not_take_is_refused() -> Result<()> {
    let world = world().await?;
    allow(&world, 60 * COIN).await?;
    let spender = world.localnet.evm.account(SPENDER).await?;
    let ask = async |name: &str, version: &str, nonce: u64| {
        let fields = "address owner, address spender, uint256 value, uint256 nonce, uint256 deadline";
        let message = json!({
            "owner": world.agent.address, "spender": spender, "value": "1", "nonce": nonce,
            "deadline": (now()? + 3600).to_string(),
        });
        let mut data = typed(&world.localnet.evm.coin, "Permit", fields, message);
        data["domain"]["name"] = json!(name);
        data["domain"]["version"] = json!(version);
        let body = json!({ "signType": "typedData", "typedData": data });
        world.agent.api(&world.daemon).post("/v1/transactions/sign-message", body).await
    };
    for (name, version, nonce) in
        [("Another Coin", "1", 0), ("Localnet Coin", "2", 0), ("Localnet Coin", "1", 1)]
    {
        assert_eq!(
            ask(name, version, nonce).await?.refused(400)?,
            "INVALID_TRANSACTION",
            "{name} {version} {nonce}"
        );
    }
    signature(ask("Localnet Coin", "1", 0).await?)?;
    Ok(())
}
