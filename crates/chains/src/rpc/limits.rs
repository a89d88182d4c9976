//! The largest accepted answer, by method. The answering node chooses its size, and the daemon holds it in
//! memory.

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// For every method without an entry below: numbers, hashes, heads of blocks.
const MOST: usize = 64 * KIB;

/// For any method.
pub(super) const MOST_OF_ALL: usize = 40 * MIB;

/// An answer larger than this needs the endpoint's only permit for one.
pub(super) const HUGE: usize = MIB;

/// Answers larger than this are read outside the threads that serve requests.
pub(super) const LARGE: usize = MOST;

/// Whether the size of an answer, and its time, depend on code and accounts that a caller or a payee chose.
/// Then they are no evidence against the node.
pub(super) fn is_up_to_others(method: &str) -> bool {
    most(method) > MOST
}

/// The maximum bytes of the answer to `method`, including its envelope.
pub(super) fn most(method: &str) -> usize {
    match method {
        // A whole block with its transactions; every token account that anyone made for a wallet.
        "eth_getBlockByNumber" | "getTokenAccountsByOwner" => 8 * MIB,
        // Every event, log and account of one run, and the calls within.
        "eth_simulateV1" | "debug_traceCall" | "simulateTransaction" => 4 * MIB,
        // Every event of one transaction. The called contract writes as many as its gas pays for: an empty
        // log costs 375 gas and takes some 400 bytes here. Enough for 32 million gas, twice the limit of
        // EIP-7825 for one transaction.
        "eth_getTransactionReceipt" => MOST_OF_ALL,
        // The return data or code of a contract; one transaction; up to a hundred accounts.
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
