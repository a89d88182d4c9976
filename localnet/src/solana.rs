//! The Solana chain: surfpool, a funded faucet, and one mint of each token program.
//!
//! Belongs here: the initial content of the chain. The creation of a mint belongs to `mint`.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use surfpool_sdk::{BlockProductionMode, Keypair, Signer, Surfnet, SurfnetResult};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::announcement::{SolanaAnnouncement, SolanaFaucet};
use crate::mint::{self, Mint, TokenProgram};

/// Half of surfpool's supply; the other half remains for `requestAirdrop`.
const FAUCET_LAMPORTS: u64 = 500_000 * 1_000_000_000;

/// As USDC.
const SPL_DECIMALS: u8 = 6;
/// Different from the SPL mint's, so that confused decimals are noticed.
const TOKEN_2022_DECIMALS: u8 = 9;

/// surfpool chooses its ports shortly before it listens on them. If another process takes one in between, it
/// waits for itself forever; a retry chooses other ports.
const START_TIMEOUT: Duration = Duration::from_secs(20);
const ATTEMPTS: u32 = 3;

/// A running Solana chain.
pub struct Solana {
    // Dropping it stops the chain.
    surfnet: Surfnet,
    spl: Mint,
    token_2022: Mint,
}

impl Solana {
    /// Starts the runtime, without requests to other networks, with a block every `slot_ms`.
    pub async fn start(slot_ms: u64) -> Result<Self> {
        let surfnet = surfnet(slot_ms).await?;
        discard_events(&surfnet)?;

        let rpc = RpcClient::new_with_commitment(surfnet.rpc_url().to_owned(), CommitmentConfig::confirmed());
        let faucet = surfnet.payer();
        let (spl, token_2022) = tokio::try_join!(
            mint::create(&rpc, faucet, TokenProgram::Spl, SPL_DECIMALS),
            mint::create(&rpc, faucet, TokenProgram::Token2022, TOKEN_2022_DECIMALS),
        )?;
        Ok(Self { surfnet, spl, token_2022 })
    }

    /// Returns the announcement for callers.
    pub fn announcement(&self) -> SolanaAnnouncement {
        let faucet = self.surfnet.payer();
        SolanaAnnouncement {
            rpc: self.surfnet.rpc_url().to_owned(),
            ws: self.surfnet.ws_url().to_owned(),
            faucet: SolanaFaucet {
                address: faucet.pubkey().to_string(),
                secret_key: faucet.to_base58_string(),
            },
            spl_mint: self.spl.address.to_string(),
            spl_decimals: self.spl.decimals,
            token2022_mint: self.token_2022.address.to_string(),
            token2022_decimals: self.token_2022.decimals,
        }
    }
}

/// Starts surfpool. Its start occupies a thread, which remains if the start never ends.
async fn surfnet(slot_ms: u64) -> Result<Surfnet> {
    for _ in 0..ATTEMPTS {
        let (started, outcome) = oneshot::channel();
        let runtime = Handle::current();
        std::thread::Builder::new()
            .name("surfnet-start".into())
            // A late result is stopped by being dropped.
            .spawn(move || drop(started.send(runtime.block_on(build(slot_ms)))))
            .context("thread that starts surfpool")?;
        match timeout(START_TIMEOUT, outcome).await {
            Ok(surfnet) => {
                return surfnet.context("surfpool's start ended early")?.context("surfpool does not start");
            }
            Err(_) => eprintln!("waiaas-localnet: surfpool does not become ready, trying other ports"),
        }
    }
    bail!("surfpool does not become ready");
}

async fn build(slot_ms: u64) -> SurfnetResult<Surfnet> {
    Surfnet::builder()
        .offline(true)
        // Blocks by the clock: only then do blockhashes expire and confirmations arrive without traffic.
        .block_production_mode(BlockProductionMode::Clock)
        .slot_time_ms(slot_ms)
        .payer(Keypair::new())
        .airdrop_sol(FAUCET_LAMPORTS)
        .start()
        .await
}

/// Discards surfpool's events: it queues one for each slot and transaction, without a bound.
fn discard_events(surfnet: &Surfnet) -> Result<()> {
    let events = surfnet.events().clone();
    std::thread::Builder::new()
        .name("surfnet-events".into())
        .spawn(move || events.iter().for_each(drop))
        .context("thread that discards surfpool's events")?;
    Ok(())
}
