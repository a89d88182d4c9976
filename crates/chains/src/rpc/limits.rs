//! How large an answer may be, by method. Whoever answers chooses what has to be held in memory.

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// For every method that is not named below: numbers, hashes, heads of blocks.
const MOST: usize = 64 * KIB;

/// Answers larger than this are read away from the threads that serve requests.
pub(super) const LARGE: usize = MOST;

/// Bytes of the answer to `method`, its envelope included.
pub(super) fn most(method: &str) -> usize {
    match method {
        // A whole block with its transactions; every token account that anybody made for a wallet.
        "eth_getBlockByNumber" | "getTokenAccountsByOwner" => 8 * MIB,
        // Every event, every log and every account of one run, and the calls within.
        "eth_simulateV1" | "debug_traceCall" | "simulateTransaction" | "eth_getTransactionReceipt" => 4 * MIB,
        // Whatever a contract returns or is made of; one transaction; up to a hundred accounts.
        "eth_call"
        | "eth_getCode"
        | "eth_estimateGas"
        | "eth_getTransactionByHash"
        | "eth_getTransactionBySenderAndNonce"
        | "getMultipleAccounts"
        | "getTransaction" => MIB,
        _ => MOST,
    }
}
