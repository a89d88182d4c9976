//! Several calls in one: `multicall` of a contract to itself, and Multicall3.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::sol;

use self::Multicall::MulticallCalls;
use self::Multicall3::Multicall3Calls;
use super::reader::{Call, Reader, Recognised};
use super::strict::method;
use super::{pinned, router_v3};

sol! {
    /// Calls of a contract to itself, as the caller.
    #[sol(abi)]
    interface Multicall {
        function multicall(bytes[] data) external payable;
        function multicall(uint256 deadline, bytes[] data) external payable;
        function multicall(bytes32 previousBlockhash, bytes[] data) external payable;
    }

    #[sol(abi)]
    interface Multicall3 {
        struct Inner { address target; bytes callData; }
        struct Inner3 { address target; bool allowFailure; bytes callData; }
        struct Inner3Value { address target; bool allowFailure; uint256 value; bytes callData; }

        function aggregate(Inner[] calls) external payable;
        function tryAggregate(bool requireSuccess, Inner[] calls) external payable;
        function blockAndAggregate(Inner[] calls) external payable;
        function tryBlockAndAggregate(bool requireSuccess, Inner[] calls) external payable;
        function aggregate3(Inner3[] calls) external payable;
        function aggregate3Value(Inner3Value[] calls) external payable;
    }
}

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Recognised {
    if let Some(known) = method::<MulticallCalls>(call.input) {
        let data = known.map(|known| match known {
            MulticallCalls::multicall_0(c) => (c.data, None),
            MulticallCalls::multicall_1(c) => (c.data, Some(c.deadline)),
            MulticallCalls::multicall_2(c) => (c.data, None),
        });
        return Some(data.map(|(data, deadline)| to_itself(reader, call, &data, deadline)));
    }
    let calls = method::<Multicall3Calls>(call.input)?.map(|known| match known {
        Multicall3Calls::aggregate(c) => plain(c.calls),
        Multicall3Calls::tryAggregate(c) => plain(c.calls),
        Multicall3Calls::blockAndAggregate(c) => plain(c.calls),
        Multicall3Calls::tryBlockAndAggregate(c) => plain(c.calls),
        Multicall3Calls::aggregate3(c) => {
            let inner = c.calls.into_iter();
            inner
                .map(|inner| Inner {
                    to: inner.target,
                    sure: U256::ZERO,
                    value: U256::ZERO,
                    input: inner.callData,
                })
                .collect()
        }
        Multicall3Calls::aggregate3Value(c) => c.calls.into_iter().map(with_value).collect(),
    });
    Some(calls.map(|calls| {
        let uses_up = covers(call.value, calls.iter().map(|inner| inner.sure));
        let mark = reader.mark();
        reader.called(call, call.to == pinned::MULTICALL3 && uses_up);
        for Inner { to, value, input, .. } in &calls {
            reader.inner(&Call { to: *to, value: *value, input });
        }
        reader.doubt_if_kept(mark, call.to);
    }))
}

/// Returns whether the wei sent with the inner calls are at least the wei received.
pub(super) fn covers(value: U256, mut used: impl Iterator<Item = U256>) -> bool {
    used.try_fold(U256::ZERO, U256::checked_add).is_some_and(|used| used >= value)
}

/// One call that Multicall3 makes, as itself.
struct Inner {
    to: Address,
    /// Wei sent with the call.
    value: U256,
    /// Wei that certainly leaves Multicall3 with the call: if a call may fail, its value may remain there, where any
    /// account can take it.
    sure: U256,
    input: Bytes,
}

fn with_value(inner: Multicall3::Inner3Value) -> Inner {
    let sure = if inner.allowFailure { U256::ZERO } else { inner.value };
    Inner { to: inner.target, value: inner.value, sure, input: inner.callData }
}

/// Reads the calls of a contract to itself with each of `data`. The outer call counts the value.
fn to_itself(reader: &mut Reader<'_>, call: &Call<'_>, data: &[Bytes], deadline: Option<U256>) {
    if reader.outermost() && router_v3::is_recorded(reader, call.to) {
        let steps: Vec<&[u8]> = data.iter().map(Bytes::as_ref).collect();
        return router_v3::whole(reader, call, &steps, deadline);
    }
    reader.called(call, false);
    for input in data {
        reader.inner(&Call { to: call.to, value: U256::ZERO, input });
    }
}

fn plain(calls: Vec<Multicall3::Inner>) -> Vec<Inner> {
    let calls = calls.into_iter();
    calls
        .map(|inner| Inner { to: inner.target, value: U256::ZERO, sure: U256::ZERO, input: inner.callData })
        .collect()
}
