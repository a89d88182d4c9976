//! Calls, approvals, NFTs and deployments on a real node and real contracts.

use serde_json::json;
use waiaas_chains::{Chain, Outcome, Refusal, Submission};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effect;
use waiaas_core::intent::Intent;
use waiaas_core::nft::{NftId, NftKind, NftStandard};

use crate::anvil::{Anvil, CODE_REVERTING, code_answering};
use crate::evm_world::{COIN, STRANGER, World, network, refusal, transfer};

impl World {
    fn owner(&self) -> [u8; 20] {
        match self.wallet.address {
            Address::Evm(bytes) => bytes,
            Address::Solana(_) => panic!("an EVM wallet"),
        }
    }

    /// Returns the effects of a request without its fee.
    async fn effects(&self, intent: &Intent) -> Vec<Effect> {
        let draft = self.chain.build(self.wallet.address, intent).await.expect("a draft");
        let mut items = self.chain.codec().effects(&draft).expect("effects").items;
        assert!(matches!(items.pop(), Some(Effect::NetworkFee { .. })), "the fee is last");
        items
    }

    /// Carries out a request, waits for its confirmation and returns its hash.
    async fn carry_out(&self, intent: &Intent) -> String {
        let draft = self.chain.build(self.wallet.address, intent).await.expect("a draft");
        let simulated = self.chain.simulate(&draft).await.expect("simulates");
        assert!(simulated.success, "{:?}", simulated.error);
        let signed = self.sign_draft(&draft, &[]).await;
        assert_eq!(self.submit(&signed).await, Submission::Accepted);
        self.anvil.mine(1).await;
        let outcome = self.outcome(&signed).await;
        assert!(matches!(outcome, Outcome::Confirmed { .. }), "{outcome:?}");
        signed.hash
    }

    /// Reads one word from a contract.
    async fn read(&self, contract: Address, data: String) -> U256 {
        let answer = self.anvil.call("eth_call", json!([{ "to": contract, "data": data }, "latest"])).await;
        answer.as_str().expect("hex").parse().expect("a word")
    }

    async fn refuses(&self, intent: &Intent) -> Refusal {
        refusal(self.chain.build(self.wallet.address, intent).await)
    }
}

fn word(address: Address) -> String {
    format!("{:0>64}", hex::encode(address.as_bytes()))
}

fn erc721(collection: [u8; 20], id: u64) -> NftId {
    let kind = NftKind::Erc721 { collection: Address::Evm(collection), token_id: U256::from(id) };
    NftId { caip2: network().caip2, kind }
}

fn erc1155(collection: [u8; 20], id: u64) -> NftId {
    let kind = NftKind::Erc1155 { collection: Address::Evm(collection), token_id: U256::from(id) };
    NftId { caip2: network().caip2, kind }
}

#[tokio::test]
async fn an_approval_is_an_allowance_on_chain() {
    let world = World::new().await;
    let token = world.anvil.deploy_erc20("TOK", 1_000, world.owner()).await;
    let (token, spender) = (Address::Evm(token), STRANGER);
    let asset = AssetId::token(&network().caip2, token);
    for amount in [600u64, 0] {
        let amount = U256::from(amount);
        let intent = Intent::Approve { spender, token, amount };
        let wanted = Effect::Allowance { asset: asset.clone(), spender, amount, through: None };
        assert_eq!(world.effects(&intent).await, [wanted]);
        world.carry_out(&intent).await;
        let allowance = format!("0xdd62ed3e{}{}", word(world.wallet.address), word(spender));
        assert_eq!(world.read(token, allowance).await, amount);
    }
    let nothing = Intent::Approve { spender, token: STRANGER, amount: U256::ONE };
    assert_eq!(world.refuses(&nothing).await, Refusal::NotAToken(STRANGER));
    let zero = Intent::Approve { spender: Address::Evm([0; 20]), token, amount: U256::ONE };
    assert!(matches!(world.refuses(&zero).await, Refusal::BadRecipient(_)));
}

#[tokio::test]
async fn an_approval_that_the_token_answers_with_false_is_refused() {
    let world = World::new().await;
    let token = Address::Evm([0x70; 20]);
    world.set_code(token, &code_answering(0)).await;
    let intent = Intent::Approve { spender: STRANGER, token, amount: U256::ONE };
    assert!(matches!(world.refuses(&intent).await, Refusal::SimulationFailed(_)));
}

#[tokio::test]
async fn one_nft_moves_and_is_allowed() {
    let world = World::new().await;
    let collection = world.anvil.deploy_erc721(world.owner()).await;
    let address = Address::Evm(collection);
    let owner_of = |id: u64| format!("0x6352211e{id:064x}");

    let allow = Intent::ApproveNft { spender: STRANGER, nft: erc721(collection, 1) };
    let wanted = Effect::NftAllowance { nft: erc721(collection, 1), spender: Some(STRANGER) };
    assert_eq!(world.effects(&allow).await, [wanted], "the contract reports EIP-721");
    world.carry_out(&allow).await;
    let approved = world.read(address, format!("0x081812fc{:064x}", 1)).await;
    assert_eq!(approved, U256::from_be_slice(STRANGER.as_bytes()));

    // The same bytes in a contract call have the same effect.
    let data = hex::decode(format!("095ea7b3{}{:064x}", word(STRANGER), 0)).expect("hex");
    let call = Intent::ContractCall { to: address, data, value: U256::ZERO };
    let wanted = Effect::NftAllowance { nft: erc721(collection, 0), spender: Some(STRANGER) };
    assert_eq!(world.effects(&call).await, [wanted]);

    let send = |id| Intent::NftTransfer {
        to: STRANGER,
        nft: erc721(collection, id),
        quantity: U256::ONE,
        allow_off_curve: false,
    };
    let wanted = Effect::NftOut { nft: erc721(collection, 0), to: STRANGER, quantity: U256::ONE };
    assert_eq!(world.effects(&send(0)).await, [wanted]);
    world.carry_out(&send(0)).await;
    assert_eq!(world.read(address, owner_of(0)).await, U256::from_be_slice(STRANGER.as_bytes()));
    for id in [0, 9] {
        let (nft, have, need) = (erc721(collection, id).to_string(), U256::ZERO, U256::ONE);
        assert_eq!(world.refuses(&send(id)).await, Refusal::InsufficientNft { nft, have, need });
    }

    let all =
        Intent::ApproveCollection { spender: STRANGER, collection: address, standard: NftStandard::Erc721 };
    let wanted = Effect::OperatorApproval { collection: address, operator: STRANGER, granted: true };
    assert_eq!(world.effects(&all).await, [wanted]);
    world.carry_out(&all).await;
    let question = format!("0xe985e9c5{}{}", word(world.wallet.address), word(STRANGER));
    assert_eq!(world.read(address, question).await, U256::ONE);
}

#[tokio::test]
async fn some_of_an_erc1155_move() {
    let world = World::new().await;
    let collection = world.anvil.deploy_erc1155(world.owner(), 10).await;
    let send = |quantity: u64| Intent::NftTransfer {
        to: STRANGER,
        nft: erc1155(collection, 7),
        quantity: U256::from(quantity),
        allow_off_curve: false,
    };
    let wanted = Effect::NftOut { nft: erc1155(collection, 7), to: STRANGER, quantity: U256::from(4) };
    assert_eq!(world.effects(&send(4)).await, [wanted]);
    world.carry_out(&send(4)).await;
    let balance = format!("0x00fdd58e{}{:064x}", word(STRANGER), 7);
    assert_eq!(world.read(Address::Evm(collection), balance).await, U256::from(4));
    let (nft, have, need) = (erc1155(collection, 7).to_string(), U256::from(6), U256::from(7));
    assert_eq!(world.refuses(&send(7)).await, Refusal::InsufficientNft { nft, have, need });
    assert!(matches!(world.refuses(&send(0)).await, Refusal::Unsupported(_)));

    // An id of the other standard is refused.
    let wrong = Intent::NftTransfer {
        to: STRANGER,
        nft: erc721(collection, 7),
        quantity: U256::ONE,
        allow_off_curve: false,
    };
    assert!(matches!(world.refuses(&wrong).await, Refusal::Unsupported(_)));
    let one = Intent::ApproveNft { spender: STRANGER, nft: erc1155(collection, 7) };
    assert!(matches!(world.refuses(&one).await, Refusal::Unsupported(_)));
    let all = |standard| Intent::ApproveCollection {
        spender: STRANGER,
        collection: Address::Evm(collection),
        standard,
    };
    world.carry_out(&all(NftStandard::Erc1155)).await;
    assert!(matches!(world.refuses(&all(NftStandard::Erc721)).await, Refusal::Unsupported(_)));
}

#[tokio::test]
async fn a_contract_that_reports_every_interface_is_no_collection() {
    let world = World::new().await;
    let liar = [0x71; 20];
    world.set_code(Address::Evm(liar), &code_answering(1)).await;
    let send = Intent::NftTransfer {
        to: STRANGER,
        nft: erc721(liar, 0),
        quantity: U256::ONE,
        allow_off_curve: false,
    };
    assert!(matches!(world.refuses(&send).await, Refusal::Unsupported(_)));
    let data = hex::decode(format!("095ea7b3{}{:064x}", word(STRANGER), 5)).expect("hex");
    let call = Intent::ContractCall { to: Address::Evm(liar), data, value: U256::ZERO };
    let asset = AssetId::token(&network().caip2, Address::Evm(liar));
    let wanted = Effect::Allowance { asset, spender: STRANGER, amount: U256::from(5), through: None };
    assert_eq!(world.effects(&call).await, [wanted], "read as a token");
}

#[tokio::test]
async fn a_contract_is_created() {
    let world = World::new().await;
    // A contract that returns 7: its code is copied from the creation code.
    let runtime = code_answering(7).trim_start_matches("0x").to_owned();
    let length = runtime.len() / 2;
    let code = hex::decode(format!("60{length:02x}600c60003960{length:02x}6000f3{runtime}")).expect("hex");
    let intent = Intent::Deploy { code: code.clone(), value: U256::ZERO };
    let [Effect::Deployment { amount, .. }] = world.effects(&intent).await[..] else {
        panic!("a deployment")
    };
    assert_eq!(amount, U256::ZERO);
    let hash = world.carry_out(&intent).await;
    let receipt = world.anvil.call("eth_getTransactionReceipt", json!([hash])).await;
    let contract: Address =
        receipt["contractAddress"].as_str().expect("created").parse().expect("an address");
    assert_eq!(world.read(contract, "0x12345678".to_owned()).await, U256::from(7));

    // A call of it is undecoded.
    let call =
        Intent::ContractCall { to: contract, data: vec![0x12, 0x34, 0x56, 0x78], value: U256::from(5) };
    let effects = world.effects(&call).await;
    assert_eq!(effects[0], Effect::NativeOut { to: contract, amount: U256::from(5) });
    assert!(matches!(effects[1], Effect::ContractCall { target, decoded: false, .. } if target == contract));
    world.carry_out(&call).await;
    assert_eq!(world.balance(contract).await, U256::from(5));

    let real = hex::decode(Anvil::code_of("ERC20PresetFixedSupply")).expect("hex");
    let without_arguments = Intent::Deploy { code: real, value: U256::ZERO };
    assert!(matches!(world.refuses(&without_arguments).await, Refusal::SimulationFailed(_)));
    let nothing = Intent::Deploy { code: Vec::new(), value: U256::ZERO };
    assert!(matches!(world.refuses(&nothing).await, Refusal::Unsupported(_)));
    let rich = Intent::Deploy { code, value: U256::from(COIN) * U256::from(11) };
    assert!(matches!(world.refuses(&rich).await, Refusal::InsufficientBalance { .. }));
}

#[tokio::test]
async fn a_contract_that_is_token_and_collection_reads_a_number_as_the_id_of_an_owned_nft() {
    let world = World::new().await;
    let contract = world.anvil.deploy_own("Erc404", "").await;
    // mint(address,uint256): three whole tokens, with ids from 1 to 3.
    let three = U256::from(COIN) * U256::from(3);
    let mint = format!("40c10f19{}{three:064x}", word(world.wallet.address));
    world.anvil.transact_as(0, contract, &mint).await;
    let (token, spender) = (Address::Evm(contract), STRANGER);
    let allows = |amount: u64| Intent::Approve { spender, token, amount: U256::from(amount) };
    let one = Effect::NftAllowance { nft: erc721(contract, 3), spender: Some(spender) };
    assert_eq!(world.effects(&allows(3)).await, [one], "not three base units");
    let asset = AssetId::token(&network().caip2, token);
    let many = Effect::Allowance { asset, spender, amount: U256::from(4), through: None };
    assert_eq!(world.effects(&allows(4)).await, [many], "the wallet has no NFT with that id");

    // transferFrom(address,address,uint256)
    let data = format!("23b872dd{}{}{:064x}", word(world.wallet.address), word(STRANGER), 2);
    let data = hex::decode(data).expect("hex");
    let moved = Intent::ContractCall { to: token, data, value: U256::ZERO };
    let out = Effect::NftOut { nft: erc721(contract, 2), to: STRANGER, quantity: U256::ONE };
    assert!(world.effects(&moved).await.contains(&out), "not two base units");
}

#[tokio::test]
async fn calls_that_are_certainly_mistakes_are_refused() {
    let world = World::new().await;
    let call = |to, data: &[u8], value: u64| Intent::ContractCall {
        to,
        data: data.to_vec(),
        value: U256::from(value),
    };
    assert!(matches!(world.refuses(&call(STRANGER, &[1, 2, 3, 4], 0)).await, Refusal::BadRecipient(_)));
    assert!(matches!(world.refuses(&call(STRANGER, &[], 0)).await, Refusal::Unsupported(_)));
    assert!(matches!(world.refuses(&call(Address::Evm([0; 20]), &[], 1)).await, Refusal::BadRecipient(_)));
    let contract = Address::Evm([0x72; 20]);
    world.set_code(contract, CODE_REVERTING).await;
    assert!(matches!(world.refuses(&call(contract, &[1, 2, 3, 4], 0)).await, Refusal::SimulationFailed(_)));
    let long = vec![0; 200_000];
    assert!(matches!(world.refuses(&call(contract, &long, 0)).await, Refusal::Unsupported(_)));
    let batch = Intent::Batch { members: vec![transfer(1), transfer(2)] };
    assert_eq!(world.refuses(&batch).await, Refusal::BatchUnsupported);
    // Value without data is a transfer.
    let effects = world.effects(&call(STRANGER, &[], 3)).await;
    assert_eq!(effects, [Effect::NativeOut { to: STRANGER, amount: U256::from(3) }]);
}
