//! Tokens that do not behave as most do: how requests about them are judged and counted, and the result on
//! chain.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::U256;
use anyhow::{Context as _, Result, ensure};
use e2e::{Books, OwnerKey, call_data, deploy, faucet, plant, transact};
use serde_json::{Value, json};

use crate::permits::{address, scoped};
use crate::world::{ETHER, World, evm_payee, text};

/// Where tokens of ERC-777 look for their registry, on every network.
const REGISTRY_1820: &str = "0x1820a4B7618BdE71Dce8cdc73aAB6C95905faD24";
const OZ: &str = "@openzeppelin/contracts/build/contracts";

/// An agent that may let ten of one token go at a time; more takes its owner.
struct Holder {
    world: World,
    owner: OwnerKey,
    token: String,
}

fn number(number: u128) -> DynSolValue {
    DynSolValue::Uint(U256::from(number), 256)
}

impl Holder {
    /// With `amount` base units of a token that any account may mint.
    async fn of(name: &str, amount: u128) -> Result<Self> {
        let world = World::ethereum().await?;
        let node = world.localnet.evm.rpc.clone();
        let token = deploy(&node, &world.localnet.parts.own(name)?, &[]).await?;
        let holder = Self::prepared(world, token).await?;
        let arguments = [address(&holder.world.agent.address)?, number(amount)];
        holder.past_the_daemon(&call_data("mint(address,uint256)", &arguments)).await?;
        Ok(holder)
    }

    async fn prepared(world: World, token: String) -> Result<Self> {
        let asset = format!("eip155:31337/erc20:{token}");
        let ten = json!({ "instant_max": "10", "notify_max": "10", "delay_max": "10" });
        let rules = json!({
            "instant_max": "0", "notify_max": "0", "delay_max": "0", "token_limits": { asset: ten },
        });
        world.policy("SPENDING_LIMIT", rules).await?;
        scoped(&world, "ALLOWED_TOKENS", json!({ "tokens": [{ "address": token }] })).await?;
        scoped(&world, "CONTRACT_WHITELIST", json!({ "contracts": [{ "address": token }] })).await?;
        let owner = OwnerKey::evm(3)?;
        world.agent.lock_owner(&world.daemon, &owner).await?;
        Ok(Self { world, owner, token })
    }

    /// Another account calls the token.
    async fn past_the_daemon(&self, data: &str) -> Result<()> {
        let node = &self.world.localnet.evm.rpc;
        transact(node, json!({ "to": self.token, "data": data }), &faucet(node).await?).await.map(drop)
    }

    async fn holds(&self, who: &str) -> Result<u128> {
        let data = call_data("balanceOf(address)", &[address(who)?]);
        self.world.localnet.evm.read(&self.token, &data).await
    }

    async fn mine(&self) -> Result<u128> {
        self.holds(&self.world.agent.address).await
    }

    async fn call(&self, data: String) -> Result<e2e::Answer> {
        self.world.request(json!({ "type": "CONTRACT_CALL", "to": self.token, "calldata": data })).await
    }

    /// A transfer that goes at once, and the amount that left the wallet with it.
    async fn sends(&self, to: &str, amount: &str) -> Result<u128> {
        let before = self.mine().await?;
        let sent = self.world.send_token(&self.token, to, amount).await?.expect(201)?;
        ensure!(sent["tier"] == "INSTANT", "{sent}");
        self.confirmed(&sent).await?;
        Ok(before - self.mine().await?)
    }

    async fn confirmed(&self, sent: &Value) -> Result<()> {
        let ended = self.world.ended(text(sent, "id")?).await?;
        ensure!(ended["status"] == "CONFIRMED", "{ended}");
        Ok(())
    }

    /// Asks for twenty, which takes the owner; then something happens, and the owner agrees. How it ended.
    async fn approved(&self, to: &str, meanwhile: &str) -> Result<Value> {
        let asked = self.world.send_token(&self.token, to, "20").await?.expect(201)?;
        ensure!(asked["status"] == "PENDING_APPROVAL", "{asked}");
        self.past_the_daemon(meanwhile).await?;
        self.agree(&asked).await
    }

    async fn agree(&self, asked: &Value) -> Result<Value> {
        let id = text(asked, "id")?;
        let (path, anonymous) = (format!("/v1/transactions/{id}"), self.world.daemon.anonymous());
        let question = anonymous.get(&format!("{path}/approval")).await?.expect(200)?;
        let yes = self.owner.answering(&anonymous, &question["approve"])?;
        yes.post_empty(&format!("{path}/approve")).await?.expect(200)?;
        self.world.ended(id).await
    }

    /// The owner agrees that this spender may be given allowances.
    async fn approves(&self, spender: &str) -> Result<()> {
        let change = json!({
            "type": "APPROVED_SPENDERS", "walletId": self.world.agent.wallet, "network": "evm-localnet",
            "rules": { "spenders": [{ "address": spender }] },
        });
        let change = self.world.daemon.operator().post("/v1/policies", change).await?.expect(202)?;
        self.owner.agrees(&self.world.daemon.anonymous(), &change).await?.expect(200).map(drop)
    }

    /// The amount of the token that is held or spent in the ledger.
    async fn counted(&self) -> Result<u128> {
        let mut books = Books::open(self.world.daemon.data_dir()).await?;
        let rows = books.reservations(&self.world.agent.wallet).await?;
        let of_token = rows.iter().filter(|row| row.status != "RELEASED" && row.asset.ends_with(&self.token));
        Ok(of_token.map(|row| row.amount).sum())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_answers_nothing_moves_what_was_judged() -> Result<()> {
    const COIN: u128 = 1_000_000;
    let world = World::ethereum().await?;
    let code = world.localnet.parts.own("UsdtLike")?;
    let token = deploy(&world.localnet.evm.rpc, &code, &[number(1000 * COIN)]).await?;
    let holder = Holder::prepared(world, token).await?;
    let me = address(&holder.world.agent.address)?;
    holder.past_the_daemon(&call_data("transfer(address,uint256)", &[me, number(100 * COIN)])).await?;
    let payee = evm_payee(71)?;
    assert_eq!(holder.sends(&payee, "9.5").await?, 9_500_000);
    assert_eq!(holder.holds(&payee).await?, 9_500_000);
    assert_eq!(holder.counted().await?, 9_500_000);
    let more = holder.world.send_token(&holder.token, &payee, "10.000001").await?.expect(201)?;
    assert_eq!(more["status"], "PENDING_APPROVAL", "{more}");

    // It changes an allowance by way of zero alone, and is asked no more than that.
    let (friend, token) = (evm_payee(72)?, holder.token.clone());
    holder.approves(&friend).await?;
    let allow = async |amount: &str| {
        let asked = json!({
            "type": "APPROVE", "spender": friend, "humanAmount": amount, "token": { "address": token },
        });
        holder.world.request(asked).await
    };
    for amount in ["5", "0", "6"] {
        let given = allow(amount).await?.expect(201)?;
        holder.confirmed(&given).await?;
    }
    let changed = allow("5").await?;
    assert_eq!(changed.refused(422)?, "SIMULATION_FAILED");
    let pair = [address(&holder.world.agent.address)?, address(&friend)?];
    let allowed = call_data("allowance(address,address)", &pair);
    assert_eq!(holder.world.localnet.evm.read(&token, &allowed).await?, 6 * COIN);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_within_the_amount_is_counted_and_one_on_top_is_refused() -> Result<()> {
    let holder = Holder::of("FeeOnTransfer", 1000 * ETHER).await?;
    let (payee, set) = (evm_payee(73)?, |taken: u8| call_data("set(uint8)", &[number(taken.into())]));
    assert_eq!(holder.sends(&payee, "10").await?, 10 * ETHER, "the whole amount leaves");
    assert_eq!(holder.holds(&payee).await?, 10 * ETHER / 100 * 99);
    assert_eq!(holder.counted().await?, 10 * ETHER, "and the whole amount counts");

    // On top: more leaves than the request says.
    let before = holder.mine().await?;
    let ended = holder.approved(&payee, &set(1)).await?;
    ensure!(ended["status"] == "FAILED" && ended["errorCode"] == "SIMULATION_MISMATCH", "{ended}");
    let refused = holder.world.send_token(&holder.token, &payee, "10").await?;
    assert_eq!(refused.refused(403)?, "SIMULATION_MISMATCH");
    assert_eq!((holder.mine().await?, holder.counted().await?), (before, 10 * ETHER));
    holder.past_the_daemon(&set(0)).await?;
    assert_eq!(holder.sends(&payee, "1").await?, ETHER);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_that_changes_by_itself_lets_no_more_leave_than_was_judged() -> Result<()> {
    let holder = Holder::of("Rebasing", 1000 * ETHER).await?;
    let (payee, rebase) = (evm_payee(74)?, |to: u128| call_data("rebase(uint256)", &[number(to)]));
    holder.past_the_daemon(&rebase(150)).await?;
    assert_eq!(holder.mine().await?, 1500 * ETHER);
    // Shares are whole numbers: a base unit may stay behind.
    let left = holder.sends(&payee, "10").await?;
    ensure!(left <= 10 * ETHER + 1 && left + 1 >= 10 * ETHER, "{left}");
    assert_eq!(holder.counted().await?, 10 * ETHER);

    // The owner read an amount; it does not depend on what the pool holds by then.
    let before = holder.holds(&payee).await?;
    let ended = holder.approved(&payee, &rebase(200)).await?;
    ensure!(ended["status"] == "CONFIRMED", "{ended}");
    let came = holder.holds(&payee).await? - 2 * before;
    ensure!(came <= 20 * ETHER + 1 && came + 2 >= 20 * ETHER, "{came}");

    // And it fails, and counts no more, where less is there than was approved.
    let before = holder.holds(&payee).await?;
    let ended = holder.approved(&payee, &rebase(0)).await?;
    ensure!(ended["status"] == "FAILED", "{ended}");
    assert_eq!((before, holder.holds(&payee).await?), (before, 0), "all balances are gone");
    assert_eq!(holder.counted().await?, 30 * ETHER);

    // A call that takes tokens without saying so is an undecoded call, and needs the owner.
    let asked = holder.call(rebase(50)).await?.expect(201)?;
    ensure!(asked["status"] == "PENDING_APPROVAL", "{asked}");
    Ok(())
}

/// A holder of an ERC-777, whose registry is where it is everywhere.
async fn holder_of_777() -> Result<Holder> {
    let world = World::ethereum().await?;
    let (node, parts) = (world.localnet.evm.rpc.clone(), &world.localnet.parts);
    plant(&node, REGISTRY_1820, &parts.own("Registry1820")?, &[]).await?;
    let arguments = [
        DynSolValue::String("Localnet Hooked".to_owned()),
        DynSolValue::String("HOOK".to_owned()),
        DynSolValue::Array(Vec::new()),
        number(1000 * ETHER),
        address(&world.agent.address)?,
    ];
    let code = parts.code(&format!("{OZ}/ERC777PresetFixedSupply.json"))?;
    let token = deploy(&node, &code, &arguments).await?;
    Holder::prepared(world, token).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_tells_its_holders_lets_no_payee_take_more() -> Result<()> {
    let holder = holder_of_777().await?;
    let (payee, me) = (evm_payee(75)?, holder.world.agent.address.clone());
    assert_eq!(holder.sends(&payee, "10").await?, 10 * ETHER);
    assert_eq!(holder.holds(&payee).await?, 10 * ETHER);

    // Its own way of sending calls the recipient, and is an undecoded call.
    let arguments = [address(&payee)?, number(3 * ETHER), DynSolValue::Bytes(vec![7])];
    let asked = holder.call(call_data("send(address,uint256,bytes)", &arguments)).await?.expect(201)?;
    ensure!(asked["status"] == "PENDING_APPROVAL", "{asked}");
    let amount = format!("\"{:#x}\"", 3 * ETHER);
    ensure!(asked["effects"].to_string().contains(&amount), "{asked}");
    let ended = holder.agree(&asked).await?;
    ensure!(ended["status"] == "CONFIRMED", "{ended}");
    assert_eq!(holder.holds(&payee).await?, 13 * ETHER);
    assert_eq!(holder.counted().await?, 13 * ETHER);

    // A payee whose hook is called and takes everything else that it may take.
    let (node, erc20) = (&holder.world.localnet.evm.rpc, holder.world.localnet.evm.erc20.clone());
    let greedy = [address(&erc20)?, number(500 * ETHER)];
    let greedy = deploy(node, &holder.world.localnet.parts.own("Greedy")?, &greedy).await?;
    e2e::rpc(node, "anvil_impersonateAccount", json!([me])).await?;
    let allow = call_data("approve(address,uint256)", &[address(&greedy)?, number(500 * ETHER)]);
    transact(node, json!({ "to": erc20, "data": allow }), &me).await?;
    let refused = holder.world.send_token(&holder.token, &greedy, "1").await?;
    assert_eq!(refused.refused(403)?, "SIMULATION_MISMATCH");
    assert_eq!(holder.world.localnet.evm.erc20_balance(&me).await?, 1000 * ETHER);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_not_taken_for_an_amount() -> Result<()> {
    // Ten whole ones with ids from 1 to 10, and a half that has none.
    let holder = Holder::of("Erc404", 10 * ETHER + ETHER / 2).await?;
    let (payee, me) = (evm_payee(76)?, holder.world.agent.address.clone());
    assert_eq!(holder.sends(&payee, "0.25").await?, ETHER / 4, "no whole one leaves with it");
    assert_eq!(holder.counted().await?, ETHER / 4);
    // With this, an NFT does.
    let refused = holder.world.send_token(&holder.token, &payee, "0.5").await?;
    assert_eq!(refused.refused(403)?, "SIMULATION_MISMATCH");
    // One base unit, or the NFT 1 and the whole token under it: it needs the owner, and the text says which.
    let arguments = [address(&me)?, address(&payee)?, number(1)];
    let moved = call_data("transferFrom(address,address,uint256)", &arguments);
    let moved = holder.call(moved).await?.expect(201)?;
    ensure!(moved["status"] == "PENDING_APPROVAL", "{moved}");
    ensure!(moved["effects"].to_string().contains("nft_out"), "{moved}");
    holder.approves(&payee).await?;
    let allowed = json!({
        "type": "APPROVE", "spender": payee, "amount": "1", "token": { "address": holder.token },
    });
    let allowed = holder.world.request(allowed).await?.expect(201)?;
    ensure!(allowed["status"] == "PENDING_APPROVAL", "{allowed}");
    ensure!(allowed["effects"].to_string().contains("nft_allowance"), "{allowed}");
    let owner_of = call_data("ownerOf(uint256)", &[number(1)]);
    let owner = e2e::rpc(
        &holder.world.localnet.evm.rpc,
        "eth_call",
        json!([{ "to": holder.token, "data": owner_of }, "latest"]),
    );
    let owner = owner.await?.as_str().context("an owner")?.to_lowercase();
    ensure!(owner.ends_with(me.trim_start_matches("0x").to_lowercase().as_str()), "{owner} has it");
    assert_eq!(holder.mine().await?, 10 * ETHER + ETHER / 4);
    Ok(())
}
