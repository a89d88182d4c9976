//! The attacker's Solana: instructions written by hand, and the state on chain afterwards.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::kit::{Node, fresh};

/// The system program.
pub(crate) const SYSTEM: &str = "11111111111111111111111111111111";
/// SPL Token.
pub(crate) const SPL_TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
/// SPL Token-2022.
pub(crate) const TOKEN_2022: &str = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
/// The memo program: the harmless thing an attack hides behind.
pub(crate) const MEMO: &str = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";

/// The Solana node.
#[derive(Clone, Debug)]
pub(crate) struct Solana {
    pub(crate) node: Node,
    /// A classic mint that victims hold.
    pub(crate) mint: String,
    /// A Token-2022 mint that victims hold.
    pub(crate) mint_2022: String,
}

/// An account of an instruction.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) key: String,
    pub(crate) signer: bool,
    pub(crate) writable: bool,
}

impl Account {
    pub(crate) fn signer(key: &str) -> Self {
        Self { key: key.to_owned(), signer: true, writable: true }
    }

    pub(crate) fn writable(key: &str) -> Self {
        Self { key: key.to_owned(), signer: false, writable: true }
    }

    pub(crate) fn readonly(key: &str) -> Self {
        Self { key: key.to_owned(), signer: false, writable: false }
    }
}

/// An instruction.
#[derive(Clone, Debug)]
pub(crate) struct Instruction {
    pub(crate) program: String,
    pub(crate) accounts: Vec<Account>,
    pub(crate) data: Vec<u8>,
}

impl Instruction {
    pub(crate) fn new(program: &str, accounts: Vec<Account>, data: Vec<u8>) -> Self {
        Self { program: program.to_owned(), accounts, data }
    }

    fn metas(&self) -> Value {
        let meta = |a: &Account| json!({ "pubkey": a.key, "isSigner": a.signer, "isWritable": a.writable });
        self.accounts.iter().map(meta).collect()
    }

    /// As the API wants the main one of a CONTRACT_CALL.
    pub(crate) fn call(&self) -> Value {
        json!({
            "type": "CONTRACT_CALL", "programId": self.program, "accounts": self.metas(),
            "instructionData": STANDARD.encode(&self.data),
        })
    }

    /// As the API wants one before or after it.
    pub(crate) fn beside(&self) -> Value {
        json!({
            "programId": self.program, "accounts": self.metas(), "data": STANDARD.encode(&self.data),
        })
    }
}

impl Solana {
    pub(crate) fn new(node: Node, mint: &str, mint_2022: &str) -> Self {
        Self { node, mint: mint.to_owned(), mint_2022: mint_2022.to_owned() }
    }

    pub(crate) async fn fund(&self, address: &str, lamports: u64) -> Result<()> {
        self.node.call("surfnet_setAccount", json!([address, { "lamports": lamports }])).await.map(drop)
    }

    /// Makes the associated account of `owner` hold so much, and returns its address.
    pub(crate) async fn deal(&self, owner: &str, mint: &str, amount: u64) -> Result<String> {
        let program = if mint == self.mint_2022 { TOKEN_2022 } else { SPL_TOKEN };
        let params = json!([owner, mint, { "amount": amount }, program]);
        self.node.call("surfnet_setTokenAccount", params).await?;
        self.token_account(owner, mint).await
    }

    /// The token account of `owner`.
    pub(crate) async fn token_account(&self, owner: &str, mint: &str) -> Result<String> {
        let accounts = self.token_accounts(owner, mint).await?;
        Ok(accounts[0]["pubkey"].as_str().context("a token account")?.to_owned())
    }

    /// Plants an account.
    pub(crate) async fn plant(&self, address: &str, owner: &str, data: &[u8]) -> Result<()> {
        let account = json!({ "lamports": 100_000_000, "owner": owner, "data": hex::encode(data) });
        self.node.call("surfnet_setAccount", json!([address, account])).await.map(drop)
    }

    pub(crate) async fn balance(&self, address: &str) -> Result<u64> {
        let answer = self.node.call("getBalance", json!([address, { "commitment": "processed" }])).await?;
        answer["value"].as_u64().context("a balance")
    }

    pub(crate) async fn token_balance(&self, owner: &str, mint: &str) -> Result<u64> {
        let mut sum = 0;
        for account in self.token_accounts(owner, mint).await?.as_array().context("accounts")? {
            let amount = &account["account"]["data"]["parsed"]["info"]["tokenAmount"]["amount"];
            sum += amount.as_str().context("an amount")?.parse::<u64>()?;
        }
        Ok(sum)
    }

    async fn token_accounts(&self, owner: &str, mint: &str) -> Result<Value> {
        let options = json!({ "encoding": "jsonParsed", "commitment": "processed" });
        let params = json!([owner, { "mint": mint }, options]);
        Ok(self.node.call("getTokenAccountsByOwner", params).await?["value"].clone())
    }

    /// An account as the chain shows it, parsed where it can be.
    pub(crate) async fn account(&self, address: &str) -> Result<Value> {
        let options = json!({ "encoding": "jsonParsed", "commitment": "processed" });
        Ok(self.node.call("getAccountInfo", json!([address, options])).await?["value"].clone())
    }

    pub(crate) async fn blockhash(&self) -> Result<String> {
        let params = json!([{ "commitment": "confirmed" }]);
        let answer = self.node.call("getLatestBlockhash", params).await?;
        Ok(answer["value"]["blockhash"].as_str().context("a blockhash")?.to_owned())
    }
}

/// A new account.
pub(crate) fn solana_account() -> String {
    let key = ed25519_dalek::SigningKey::from_bytes(&fresh());
    bs58::encode(key.verifying_key().to_bytes()).into_string()
}

/// A transfer of lamports.
pub(crate) fn system_transfer(from: &str, to: &str, lamports: u64) -> Instruction {
    let data = [&2u32.to_le_bytes()[..], &lamports.to_le_bytes()].concat();
    Instruction::new(SYSTEM, vec![Account::signer(from), Account::writable(to)], data)
}
