//! Permit2, as its authors publish it: the wallet's signatures and calls have exactly the judged effects.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Bytes, U256, aliases::U160};
use anyhow::Result;
use e2e::{Answer, OwnerKey, call_data};
use serde_json::{Value, json};

use crate::permits::{COIN, RELAYER, SPENDER, address, balance, fields, now, scoped, signature, world};
use crate::seen::approve;
use crate::world::{World, evm_payee, text, verdict};

const DETAILS: &str = "address token, uint160 amount, uint48 expiration, uint48 nonce";
const PERMITTED: &str = "address token, uint256 amount";

/// The agent has allowed Permit2 100 coins, and may let the spender have 60 of them.
async fn permitting() -> Result<World> {
    let world = world().await?;
    let evm = &world.localnet.evm;
    scoped(&world, "ALLOWED_TOKENS", json!({ "tokens": [{ "address": evm.coin }] })).await?;
    let spender = evm.account(SPENDER).await?;
    let spenders = json!({ "spenders": [
        { "address": evm.permit2, "maxAmount": (100 * COIN).to_string() },
        { "address": spender, "maxAmount": (60 * COIN).to_string() },
    ] });
    scoped(&world, "APPROVED_SPENDERS", spenders).await?;
    let approve = json!({
        "type": "APPROVE", "spender": evm.permit2, "humanAmount": "100", "token": { "address": evm.coin },
    });
    let approved = world.request(approve).await?.expect(201)?;
    assert_eq!(world.ended(text(&approved, "id")?).await?["status"], "CONFIRMED");
    Ok(world)
}

/// Typed data for Permit2, whose domain has no version.
fn typed(world: &World, primary: &str, of: &str, part: (&str, &str), message: Value) -> Value {
    json!({
        "primaryType": primary,
        "types": {
            "EIP712Domain": fields("string name, uint256 chainId, address verifyingContract"),
            primary: fields(of),
            part.0: fields(part.1),
        },
        "domain": { "name": "Permit2", "chainId": 31337, "verifyingContract": world.localnet.evm.permit2 },
        "message": message,
    })
}

async fn ask(world: &World, typed: Value) -> Result<Answer> {
    let body = json!({ "signType": "typedData", "typedData": typed });
    world.agent.api(&world.daemon).post("/v1/transactions/sign-message", body).await
}

/// An allowance of some coins for the spender, recorded by the account that brings it.
struct Single {
    spender: String,
    amount: U256,
    end: u64,
}

impl Single {
    async fn of(world: &World, amount: u128) -> Result<Self> {
        let spender = world.localnet.evm.account(SPENDER).await?;
        Ok(Self { spender, amount: U256::from(amount), end: now()? + 3600 })
    }

    fn typed(&self, world: &World) -> Value {
        let details = json!({
            "token": world.localnet.evm.coin, "amount": self.amount.to_string(), "expiration": self.end, "nonce": 0,
        });
        let message =
            json!({ "details": details, "spender": self.spender, "sigDeadline": self.end.to_string() });
        let of = "PermitDetails details, address spender, uint256 sigDeadline";
        typed(world, "PermitSingle", of, ("PermitDetails", DETAILS), message)
    }

    async fn bring(&self, world: &World, signature: &str) -> Result<()> {
        let details = vec![
            address(&world.localnet.evm.coin)?,
            DynSolValue::Uint(self.amount, 160),
            number(self.end.into(), 48),
            number(0, 48),
        ];
        let single = vec![DynSolValue::Tuple(details), address(&self.spender)?, number(self.end.into(), 256)];
        let arguments = [address(&world.agent.address)?, DynSolValue::Tuple(single), bytes(signature)?];
        let method = "permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)";
        call(world, RELAYER, &call_data(method, &arguments)).await
    }
}

fn number(number: u128, bits: usize) -> DynSolValue {
    DynSolValue::Uint(U256::from(number), bits)
}

fn bytes(text: &str) -> Result<DynSolValue> {
    Ok(DynSolValue::Bytes(text.parse::<Bytes>()?.to_vec()))
}

/// An account of the node calls Permit2.
async fn call(world: &World, account: usize, data: &str) -> Result<()> {
    let evm = &world.localnet.evm;
    evm.transact_as(&evm.account(account).await?, &evm.permit2, data).await.map(drop)
}

/// The spender takes coins by an allowance that Permit2 has recorded.
async fn take(world: &World, amount: u128) -> Result<()> {
    let evm = &world.localnet.evm;
    let (from, to) = (address(&world.agent.address)?, address(&evm.account(SPENDER).await?)?);
    let arguments = [from, to, number(amount, 160), address(&evm.coin)?];
    call(world, SPENDER, &call_data("transferFrom(address,address,uint160,address)", &arguments)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permit_to_permit2_lets_the_spender_have_what_was_judged() -> Result<()> {
    let world = permitting().await?;
    let single = Single::of(&world, 60 * COIN).await?;
    let denied = async |single: &Single| ask(&world, single.typed(&world)).await?.refused(403);
    let stranger = Single { spender: evm_payee(61)?, ..Single::of(&world, 1).await? };
    assert_eq!(denied(&stranger).await?, "SPENDER_NOT_APPROVED");
    assert_eq!(denied(&Single::of(&world, 60 * COIN + 1).await?).await?, "APPROVE_AMOUNT_EXCEEDED");
    let endless = Single { amount: U256::from(U160::MAX), ..Single::of(&world, 0).await? };
    let code = denied(&endless).await?;
    assert!(matches!(code.as_str(), "UNLIMITED_APPROVE_BLOCKED" | "APPROVE_AMOUNT_EXCEEDED"), "{code}");
    let mut elsewhere = single.typed(&world);
    elsewhere["domain"]["chainId"] = json!(1);
    let answer = ask(&world, elsewhere).await?;
    assert!(answer.expect(200).is_err(), "for another chain");

    let signed = signature(ask(&world, single.typed(&world)).await?)?;
    assert!(take(&world, 1).await.is_err(), "nothing is recorded yet");
    let raised =
        Single { amount: U256::from(60 * COIN + 1), end: single.end, ..Single::of(&world, 0).await? };
    assert!(raised.bring(&world, &signed).await.is_err(), "for another amount");
    single.bring(&world, &signed).await?;
    assert!(single.bring(&world, &signed).await.is_err(), "only once");
    assert!(take(&world, 60 * COIN + 1).await.is_err(), "more than was signed");
    take(&world, 60 * COIN).await?;
    assert!(take(&world, 1).await.is_err(), "nothing is left");
    assert_eq!(balance(&world, &world.agent.address).await?, 940 * COIN);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_transfer_by_permit2_moves_no_more_than_was_judged() -> Result<()> {
    let world = permitting().await?;
    let evm = &world.localnet.evm;
    let (spender, end) = (evm.account(SPENDER).await?, now()? + 3600);
    let typed = |token: &str, amount: u128| {
        let message = json!({
            "permitted": { "token": token, "amount": amount.to_string() },
            "spender": spender, "nonce": "7", "deadline": end.to_string(),
        });
        let of = "TokenPermissions permitted, address spender, uint256 nonce, uint256 deadline";
        typed(&world, "PermitTransferFrom", of, ("TokenPermissions", PERMITTED), message)
    };
    let (coin, erc20) = (evm.coin.as_str(), evm.erc20.as_str());
    assert_eq!(ask(&world, typed(erc20, 1)).await?.refused(403)?, "TOKEN_NOT_ALLOWED");
    assert_eq!(ask(&world, typed(coin, 60 * COIN + 1)).await?.refused(403)?, "APPROVE_AMOUNT_EXCEEDED");
    let signed = signature(ask(&world, typed(coin, 60 * COIN)).await?)?;

    let to = evm_payee(62)?;
    let redeem = |permitted: u128, requested: u128| {
        let permit = vec![
            DynSolValue::Tuple(vec![address(coin)?, number(permitted, 256)]),
            number(7, 256),
            number(end.into(), 256),
        ];
        let details = vec![address(&to)?, number(requested, 256)];
        let arguments = [
            DynSolValue::Tuple(permit),
            DynSolValue::Tuple(details),
            address(&world.agent.address)?,
            bytes(&signed)?,
        ];
        let method =
            "permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)";
        Ok::<_, anyhow::Error>(call_data(method, &arguments))
    };
    assert!(call(&world, RELAYER, &redeem(60 * COIN, 1)?).await.is_err(), "another account");
    assert!(call(&world, SPENDER, &redeem(60 * COIN, 60 * COIN + 1)?).await.is_err(), "above the amount");
    assert!(call(&world, SPENDER, &redeem(60 * COIN + 1, 60 * COIN + 1)?).await.is_err(), "another amount");
    call(&world, SPENDER, &redeem(60 * COIN, 60 * COIN)?).await?;
    assert!(call(&world, SPENDER, &redeem(60 * COIN, 1)?).await.is_err(), "only once");
    assert_eq!(balance(&world, &to).await?, 60 * COIN);
    assert_eq!(balance(&world, &world.agent.address).await?, 940 * COIN);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_permit2_are_judged_by_what_they_do() -> Result<()> {
    let world = permitting().await?;
    let evm = &world.localnet.evm;
    let (spender, end) = (evm.account(SPENDER).await?, now()? + 3600);
    let request =
        |data: String| world.request(json!({ "type": "CONTRACT_CALL", "to": evm.permit2, "calldata": data }));
    let approve = |who: &str, amount: U256| {
        let amount = DynSolValue::Uint(amount, 160);
        let arguments = [address(&evm.coin)?, address(who)?, amount, number(end.into(), 48)];
        Ok::<_, anyhow::Error>(call_data("approve(address,address,uint160,uint48)", &arguments))
    };
    let coins = |amount: u128| U256::from(amount * COIN);
    assert_eq!(request(approve(&spender, coins(60))?).await?.refused(403)?, "CONTRACT_NOT_WHITELISTED");
    scoped(&world, "CONTRACT_WHITELIST", json!({ "contracts": [{ "address": evm.permit2 }] })).await?;
    let stranger = evm_payee(63)?;
    assert_eq!(request(approve(&stranger, coins(1))?).await?.refused(403)?, "SPENDER_NOT_APPROVED");
    let more = coins(60) + U256::ONE;
    assert_eq!(request(approve(&spender, more)?).await?.refused(403)?, "APPROVE_AMOUNT_EXCEEDED");
    let endless = request(approve(&spender, U256::from(U160::MAX))?).await?.refused(403)?;
    assert!(matches!(endless.as_str(), "UNLIMITED_APPROVE_BLOCKED" | "APPROVE_AMOUNT_EXCEEDED"), "{endless}");

    let confirmed = async |data: String| {
        let asked = request(data).await?.expect(201)?;
        assert_eq!(asked["tier"], "INSTANT", "{asked}");
        assert_eq!(world.ended(text(&asked, "id")?).await?["status"], "CONFIRMED");
        Ok::<_, anyhow::Error>(())
    };
    confirmed(approve(&spender, coins(60))?).await?;
    assert!(take(&world, 60 * COIN + 1).await.is_err(), "more than was judged");
    take(&world, 20 * COIN).await?;
    let pair = DynSolValue::Tuple(vec![address(&evm.coin)?, address(&spender)?]);
    let lockdown = call_data("lockdown((address,address)[])", &[DynSolValue::Array(vec![pair])]);
    confirmed(lockdown).await?;
    assert!(take(&world, 1).await.is_err(), "taken back");
    assert_eq!(balance(&world, &world.agent.address).await?, 980 * COIN);
    Ok(())
}

/// A call of Permit2 by the wallet: the spender may take so many base units.
async fn passing_on(world: &World, amount: u128) -> Result<Value> {
    let evm = &world.localnet.evm;
    let arguments = [
        address(&evm.coin)?,
        address(&evm.account(SPENDER).await?)?,
        number(amount, 160),
        number((now()? + 3600).into(), 48),
    ];
    let data = call_data("approve(address,address,uint160,uint48)", &arguments);
    Ok(json!({ "type": "CONTRACT_CALL", "to": evm.permit2, "calldata": data }))
}

/// A limit of coins a day, instant up to all of it.
async fn daily(world: &World, coins: u64) -> Result<()> {
    let all = coins.to_string();
    let limit = json!({ "instant_max": all, "notify_max": all, "delay_max": all, "daily_max": all });
    let id = format!("eip155:31337/erc20:{}", world.localnet.evm.coin.to_lowercase());
    let wide = json!({ "instant_max_usd": 100_000, "token_limits": { id: limit } });
    scoped(world, "SPENDING_LIMIT", wide).await
}

/// Permit2 passes on its allowance: one exposure, counted once and in full.
#[tokio::test(flavor = "multi_thread")]
async fn what_permit2_passes_on_counts_once() -> Result<()> {
    let world = permitting().await?;
    scoped(&world, "CONTRACT_WHITELIST", json!({ "contracts": [{ "address": world.localnet.evm.permit2 }] }))
        .await?;
    // Of 110 a day, 100 count since Permit2 was allowed them.
    daily(&world, 110).await?;
    let passed_on = world.request(passing_on(&world, 60 * COIN).await?).await?.expect(201)?;
    assert_eq!(passed_on["tier"], "INSTANT");
    assert_eq!(world.ended(text(&passed_on, "id")?).await?["status"], "CONFIRMED");
    // 60 for the spender and 40 that Permit2 may still pass on.
    assert_eq!(paying(&world, "10").await?, "INSTANT");
    assert_eq!(paying(&world, "10.000001").await?, "OWNER_REQUIRED");
    // The spender takes; nothing more than counted has left.
    take(&world, 60 * COIN).await?;
    assert_eq!(paying(&world, "10").await?, "INSTANT");
    assert_eq!(paying(&world, "10.000001").await?, "OWNER_REQUIRED");
    Ok(())
}

/// The judgement of a payment of so many coins.
async fn paying(world: &World, coins: &str) -> Result<String> {
    let body = json!({
        "type": "TOKEN_TRANSFER", "to": evm_payee(62)?, "humanAmount": coins,
        "token": { "address": world.localnet.evm.coin },
    });
    verdict(&world.dry_run(body).await?)
}

/// The owner approves everything for Permit2; the windows stay free for the amounts really taken.
#[tokio::test(flavor = "multi_thread")]
async fn an_endless_allowance_that_the_owner_approved_fills_no_window() -> Result<()> {
    let world = world().await?;
    let evm = &world.localnet.evm;
    scoped(&world, "ALLOWED_TOKENS", json!({ "tokens": [{ "address": evm.coin }] })).await?;
    scoped(&world, "APPROVED_SPENDERS", json!({ "spenders": [{ "address": evm.permit2 }] })).await?;
    scoped(&world, "APPROVE_AMOUNT_LIMIT", json!({ "blockUnlimited": false })).await?;
    daily(&world, 110).await?;
    let owner = OwnerKey::evm(3)?;
    world.agent.lock_owner(&world.daemon, &owner).await?;
    let endless = json!({
        "type": "APPROVE", "spender": evm.permit2, "amount": U256::MAX.to_string(), "token": { "address": evm.coin },
    });
    let asked = world.request(endless).await?.expect(201)?;
    assert_eq!(asked["status"], "PENDING_APPROVAL");
    approve(&world, &owner, text(&asked, "id")?).await?;
    assert_eq!(world.ended(text(&asked, "id")?).await?["status"], "CONFIRMED");
    assert_eq!(paying(&world, "100").await?, "INSTANT");
    // It is not forgotten.
    let exposure =
        world.daemon.operator().get(&format!("/v1/admin/exposure?walletId={}", world.agent.wallet)).await?;
    let exposure = exposure.expect(200)?.to_string();
    assert!(exposure.to_lowercase().contains(&evm.permit2.to_lowercase()), "{exposure}");
    Ok(())
}
