//! A token mint on the Solana chain, made by an ordinary signed transaction.
//!
//! Belongs here: the instructions and their order. No cheat code is used: a mint made by the programs has the
//! same layout as on a cluster, and its creation proves that signing, fees and both token programs work.

use anyhow::{Context, Result};
use solana_instruction::Instruction;
use solana_program_pack::Pack;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_system_interface::instruction as system;
use solana_transaction::Transaction;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id;
use spl_associated_token_account_interface::instruction::create_associated_token_account;
// Its builders serve both programs; the older interface refuses the newer program's id.
use spl_token_2022_interface::instruction as token;
use surfpool_sdk::{Keypair, Pubkey, Signer};

/// A billion whole tokens, before decimals.
const SUPPLY: u64 = 1_000_000_000;

/// The two token programs of Solana.
#[derive(Debug, Clone, Copy)]
pub enum TokenProgram {
    /// SPL Token.
    Spl,
    /// Token-2022.
    Token2022,
}

impl TokenProgram {
    fn id(self) -> Pubkey {
        match self {
            Self::Spl => spl_token_interface::ID,
            Self::Token2022 => spl_token_2022_interface::ID,
        }
    }
}

/// A mint whose whole supply the faucet holds.
pub struct Mint {
    /// The mint account.
    pub address: Pubkey,
    /// Its decimals.
    pub decimals: u8,
}

/// Creates a mint under `program`. The faucet pays, is mint and freeze authority, and holds the supply.
pub async fn create(rpc: &RpcClient, faucet: &Keypair, program: TokenProgram, decimals: u8) -> Result<Mint> {
    let mint = Keypair::new();
    let space = spl_token_2022_interface::state::Mint::LEN;
    let rent = rpc.get_minimum_balance_for_rent_exemption(space).await.context("rent of a mint")?;
    let instructions = instructions(&faucet.pubkey(), &mint.pubkey(), program, decimals, rent)?;

    let blockhash = rpc.get_latest_blockhash().await.context("latest blockhash")?;
    let payer = faucet.pubkey();
    let transaction =
        Transaction::new_signed_with_payer(&instructions, Some(&payer), &[faucet, &mint], blockhash);
    rpc.send_and_confirm_transaction(&transaction)
        .await
        .with_context(|| format!("creating the {program:?} mint"))?;
    Ok(Mint { address: mint.pubkey(), decimals })
}

/// Returns the instructions: account, mint, the faucet's token account, supply.
fn instructions(
    faucet: &Pubkey,
    mint: &Pubkey,
    program: TokenProgram,
    decimals: u8,
    rent: u64,
) -> Result<[Instruction; 4]> {
    let id = program.id();
    let space = spl_token_2022_interface::state::Mint::LEN as u64;
    let supply = 10_u64
        .checked_pow(decimals.into())
        .and_then(|unit| unit.checked_mul(SUPPLY))
        .with_context(|| format!("{SUPPLY} tokens of {decimals} decimals do not fit 64 bits"))?;
    let account = get_associated_token_address_with_program_id(faucet, mint, &id);
    Ok([
        system::create_account(faucet, mint, rent, space, &id),
        token::initialize_mint2(&id, mint, faucet, Some(faucet), decimals).context("InitializeMint2")?,
        create_associated_token_account(faucet, faucet, mint, &id),
        token::mint_to(&id, mint, &account, faucet, &[], supply).context("MintTo")?,
    ])
}
