//! How large an answer may be, by method. Whoever answers chooses what has to be held in memory.

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// For every method that is not named below: numbers, hashes, heads of blocks.
const MOST: usize = 64 * KIB;

/// For any method.
pub(super) const MOST_OF_ALL: usize = 40 * MIB;

/// An endpoint has one answer at a time that is larger than this.
pub(super) const HUGE: usize = MIB;

/// Answers larger than this are read away from the threads that serve requests.
pub(super) const LARGE: usize = MOST;

/// Whether the size of an answer, and the time it takes, are up to code and accounts that a caller or a payee chose.
/// They say nothing of the node then.
pub(super) fn is_up_to_others(method: &str) -> bool {
    most(method) > MOST
}

/// Bytes of the answer to `method`, its envelope included.
pub(super) fn most(method: &str) -> usize {
    match method {
        // A whole block with its transactions; every token account that anybody made for a wallet.
        "eth_getBlockByNumber" | "getTokenAccountsByOwner" => 8 * MIB,
        // Every event, every log and every account of one run, and the calls within.
        "eth_simulateV1" | "debug_traceCall" | "simulateTransaction" => 4 * MIB,
        // Every event of one transaction. The contract that is paid writes as many as the gas pays for: a log without
        // anything costs 375 gas and takes some 400 bytes here. Enough for 32 million gas, twice what EIP-7825 lets
        // one transaction have.
        "eth_getTransactionReceipt" => MOST_OF_ALL,
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
