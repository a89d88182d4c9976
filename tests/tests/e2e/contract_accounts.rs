//! Typed data for contract accounts of the wallet, on the published contracts. They accept exactly the signed
//! data, and move exactly the judged amounts.

use std::time::Duration;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{B256, U256};
use anyhow::{Context as _, Result, ensure};
use e2e::{
    Answer, ENTRY_POINT, OPERATION_FEE, OwnerKey, bundled, call_data, carried_out, executed, faucet,
    operation, plant_entry_point, safe_hash, safe_of, safe_transaction, simple_account_of, transact, until,
};
use serde_json::{Value, json};

use crate::permits::{address, scoped};
use crate::world::{ETHER, World, evm_payee, instant_up_to, text};

/// A wallet that has power over an account with a thousand tokens, and its owner.
struct Power {
    world: World,
    owner: OwnerKey,
    account: String,
    token: String,
}

impl Power {
    async fn over(world: World, account: String) -> Result<Self> {
        let token = world.localnet.evm.erc20.clone();
        world.localnet.evm.fund_erc20(&account, 1000 * ETHER).await?;
        world.localnet.evm.fund(&account, ETHER).await?;
        world.policy("SPENDING_LIMIT", instant_up_to(100)).await?;
        scoped(&world, "ALLOWED_TOKENS", json!({ "tokens": [{ "address": token }] })).await?;
        let contracts = json!([{ "address": account }, { "address": ENTRY_POINT }, { "address": token }]);
        scoped(&world, "CONTRACT_WHITELIST", json!({ "contracts": contracts })).await?;
        Ok(Self { world, owner: OwnerKey::evm(3)?, account, token })
    }

    async fn over_a_safe() -> Result<Self> {
        let world = World::ethereum().await?;
        let node = &world.localnet.evm.rpc;
        let safe = safe_of(node, &world.localnet.parts, &world.agent.address).await?;
        Self::over(world, safe).await
    }

    async fn over_a_simple_account() -> Result<Self> {
        let world = World::ethereum().await?;
        let (node, parts) = (&world.localnet.evm.rpc, &world.localnet.parts);
        plant_entry_point(node, parts).await?;
        let account = simple_account_of(node, parts, &world.agent.address).await?;
        Self::over(world, account).await
    }

    async fn ask(&self, data: &Value) -> Result<Answer> {
        let body = json!({ "signType": "typedData", "typedData": data });
        self.world.agent.api(&self.world.daemon).post("/v1/transactions/sign-message", body).await
    }

    /// The question to the owner, and the signature after the owner's yes.
    async fn signed(&self, data: &Value) -> Result<(String, String)> {
        let asked = self.ask(data).await?.expect(200)?;
        ensure!(asked["status"] == "PENDING_APPROVAL" && asked["signature"].is_null(), "{asked}");
        let id = text(&asked, "id")?;
        let (path, anonymous) = (format!("/v1/transactions/{id}"), self.world.daemon.anonymous());
        let question = anonymous.get(&format!("{path}/approval")).await?.expect(200)?;
        let yes = self.owner.answering(&anonymous, &question["approve"])?;
        yes.post_empty(&format!("{path}/approve")).await?.expect(200)?;
        let signed = until("a signature", Duration::from_secs(30), || async {
            let tx = self.world.agent.transaction(&self.world.daemon, id).await?;
            Ok(tx["signature"].as_str().map(str::to_owned))
        });
        Ok((question.to_string().to_lowercase(), signed.await?))
    }

    /// Another account brings a call to a contract.
    async fn bring(&self, to: &str, data: &str) -> Result<Value> {
        let node = &self.world.localnet.evm.rpc;
        let call = json!({ "to": to, "data": data, "gas": "0x1e8480" });
        transact(node, call, &faucet(node).await?).await
    }

    /// The tokens of `who`, and those left to the account.
    async fn held(&self, who: &str) -> Result<(u128, u128)> {
        let evm = &self.world.localnet.evm;
        Ok((evm.erc20_balance(who).await?, evm.erc20_balance(&self.account).await?))
    }

    fn transfer(&self, to: &str, amount: u128) -> Result<String> {
        let amount = DynSolValue::Uint(U256::from(amount), 256);
        Ok(call_data("transfer(address,uint256)", &[address(to)?, amount]))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_safe_takes_the_signature_and_moves_what_was_judged() -> Result<()> {
    let power = Power::over_a_safe().await?;
    let (node, payee, safe) = (&power.world.localnet.evm.rpc, evm_payee(81)?, power.account.as_str());
    let transaction = |amount: u128, operation: u8| {
        Ok::<_, anyhow::Error>(safe_transaction(
            safe,
            &power.token,
            &power.transfer(&payee, amount)?,
            operation,
        ))
    };
    let five = transaction(5 * ETHER, 0)?;
    // A signed call may be carried out at any time by any account: without an owner it is not signed.
    assert_eq!(power.ask(&five).await?.refused(403)?, "OWNER_REQUIRED");
    power.world.agent.lock_owner(&power.world.daemon, &power.owner).await?;
    let (question, signature) = power.signed(&five).await?;
    for named in [payee.as_str(), safe, "send 5 "] {
        ensure!(question.contains(&named.to_lowercase()), "{named} is not in {question}");
    }

    // The Safe itself says whose signature that is, over the hash that it makes.
    let hash = json!([{ "to": safe, "data": safe_hash(&five)? }, "latest"]);
    let hash: B256 = e2e::rpc(node, "eth_call", hash).await?.as_str().context("a hash")?.parse()?;
    let check = async |signature: &str| {
        let signature = DynSolValue::Bytes(hex::decode(signature.trim_start_matches("0x"))?);
        let arguments = [DynSolValue::FixedBytes(hash, 32), DynSolValue::Bytes(Vec::new()), signature];
        let data = call_data("checkSignatures(bytes32,bytes,bytes)", &arguments);
        e2e::rpc(node, "eth_call", json!([{ "to": safe, "data": data }, "latest"])).await
    };
    check(&signature).await?;
    let forged = format!("0x{}{}", "12".repeat(32), signature.get(66..).context("the rest")?);
    assert!(check(&forged).await.is_err(), "a forged one");

    for other in [transaction(6 * ETHER, 0)?, transaction(5 * ETHER, 1)?] {
        assert!(power.bring(safe, &carried_out(&other, &signature)?).await.is_err(), "{other}");
    }
    let call = carried_out(&five, &signature)?;
    power.bring(safe, &call).await?;
    assert!(power.bring(safe, &call).await.is_err(), "only once");
    assert_eq!(power.held(&payee).await?, (5 * ETHER, 995 * ETHER));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_point_takes_the_signature_and_moves_what_was_judged() -> Result<()> {
    let power = Power::over_a_simple_account().await?;
    let payee = evm_payee(83)?;
    let run = |amount: u128| {
        let data = executed(&power.token, &power.transfer(&payee, amount)?)?;
        Ok::<_, anyhow::Error>(operation(&power.account, &data))
    };
    let five = run(5 * ETHER)?;
    assert_eq!(power.ask(&five).await?.refused(403)?, "OWNER_REQUIRED");
    power.world.agent.lock_owner(&power.world.daemon, &power.owner).await?;
    let (question, signature) = power.signed(&five).await?;
    for named in [payee.as_str(), power.account.as_str(), "send 5 "] {
        ensure!(question.contains(&named.to_lowercase()), "{named} is not in {question}");
    }

    let coin = power.world.localnet.evm.balance(&power.account).await?;
    let more = bundled(&run(6 * ETHER)?, &signature, &payee)?;
    assert!(power.bring(ENTRY_POINT, &more).await.is_err(), "another operation");
    let call = bundled(&five, &signature, &payee)?;
    power.bring(ENTRY_POINT, &call).await?;
    assert!(power.bring(ENTRY_POINT, &call).await.is_err(), "only once");
    assert_eq!(power.held(&payee).await?, (5 * ETHER, 995 * ETHER));
    let fee = coin - power.world.localnet.evm.balance(&power.account).await?;
    ensure!(fee <= OPERATION_FEE, "{fee} is more than was judged");
    Ok(())
}
