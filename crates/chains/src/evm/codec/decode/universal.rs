//! Uniswap's Universal Router: a list of commands, read as a whole.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, sol};

use self::Commands as C;
use self::Universal::UniversalCalls;
use super::exchange::{COIN, Exchange, Taken, unchecked_output};
use super::permit2::allowed;
use super::pinned::{self, PERMIT2, RouterVersion};
use super::reader::{Call, Reader, Recognised};
use super::router_v3::tokens;
use super::strict::method;
use super::universal_v4;

sol! {
    #[sol(abi)]
    interface Universal {
        function execute(bytes commands, bytes[] inputs) external payable;
        function execute(bytes commands, bytes[] inputs, uint256 deadline) external payable;
    }

    /// The inputs of the commands. From version 2.1.1 on, swaps end with the least price of each hop, which can
    /// only make them fail.
    interface Commands {
        struct Details { address token; uint160 amount; uint48 expiration; uint48 nonce; }
        struct Single { Details details; address spender; uint256 sigDeadline; }
        struct Batch { Details[] details; address spender; uint256 sigDeadline; }
        struct Move { address from; address to; uint160 amount; address token; }

        function v3(address recipient, uint256 a, uint256 b, bytes path, bool payerIsUser);
        function v3priced(address recipient, uint256 a, uint256 b, bytes path, bool payerIsUser, uint256[] prices);
        function v2(address recipient, uint256 a, uint256 b, address[] path, bool payerIsUser);
        function v2priced(address recipient, uint256 a, uint256 b, address[] path, bool payerIsUser, uint256[] prices);
        function transferFrom(address token, address recipient, uint160 amount);
        function transferFromBatch(Move[] moves);
        function permit(Single single, bytes signature);
        function permitBatch(Batch batch, bytes signature);
        /// Sweep, transfer and portion; the router truncates the amount of a sweep to 160 bits.
        function pay(address token, address recipient, uint256 amount);
        function wrapping(address recipient, uint256 amount);
    }
}

/// The addresses that the commands read as the caller and as the router.
const MSG_SENDER: Address = Address::with_last_byte(1);
const ADDRESS_THIS: Address = Address::with_last_byte(2);

/// The amount that means the router's whole balance.
pub(super) const EVERYTHING: U256 = U256::from_limbs([0, 0, 0, 1 << 63]);

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Recognised {
    let version = reader.chain_id().and_then(|chain_id| pinned::universal_router(chain_id, call.to))?;
    let known = match method::<UniversalCalls>(call.input)? {
        Ok(known) => known,
        Err(malformed) => return Some(Err(malformed)),
    };
    let (commands, inputs, deadline) = match known {
        UniversalCalls::execute_0(c) => (c.commands, c.inputs, None),
        UniversalCalls::execute_1(c) => (c.commands, c.inputs, Some(c.deadline)),
    };
    let mut exchange = Exchange::begin(reader, call);
    exchange.takes_through(PERMIT2);
    exchange.ends(deadline);
    if commands.len() != inputs.len() {
        exchange.doubt();
    }
    // Inside another call, `MSG_SENDER` means the calling contract.
    if !reader.outermost() {
        exchange.doubt();
        exchange.goes_to(MSG_SENDER);
    }
    for (command, input) in commands.iter().zip(&inputs) {
        if run(reader, &mut exchange, version, *command, input).is_none() {
            exchange.doubt();
        }
    }
    exchange.conclude(reader);
    Some(Ok(()))
}

/// Returns the recipient that a command names.
pub(super) fn recipient(exchange: &Exchange, named: Address) -> Address {
    match named {
        MSG_SENDER => exchange.wallet(),
        ADDRESS_THIS => exchange.router(),
        other => other,
    }
}

/// Decodes the input of a command as the arguments of `T`, in canonical ABI form.
pub(super) fn arguments<T: SolCall>(input: &[u8]) -> Option<T> {
    let memory = input.len().saturating_mul(8).saturating_add(4096);
    let config = alloy_sol_types::abi::AbiDecoderConfig::new().strict(true).memory_limit(memory);
    let read = T::abi_decode_raw_with_config(input, config).ok()?;
    (read.abi_encode().get(4..) == Some(input)).then_some(read)
}

/// The terms of a swap, for both kinds of pools.
struct Trade {
    to: Address,
    a: U256,
    b: U256,
    path: Vec<Address>,
    by_user: bool,
}

fn v3(input: &[u8]) -> Option<Trade> {
    let (recipient, a, b, path, by_user) = match arguments::<C::v3Call>(input) {
        Some(c) => (c.recipient, c.a, c.b, c.path, c.payerIsUser),
        None => {
            let c = arguments::<C::v3pricedCall>(input)?;
            (c.recipient, c.a, c.b, c.path, c.payerIsUser)
        }
    };
    Some(Trade { to: recipient, a, b, path: tokens(&path).ok()?, by_user })
}

fn v2(input: &[u8]) -> Option<Trade> {
    let (to, a, b, path, by_user) = match arguments::<C::v2Call>(input) {
        Some(c) => (c.recipient, c.a, c.b, c.path, c.payerIsUser),
        None => {
            let c = arguments::<C::v2pricedCall>(input)?;
            (c.recipient, c.a, c.b, c.path, c.payerIsUser)
        }
    };
    Some(Trade { to, a, b, path, by_user })
}

/// Reads one command; `None` if it is not supported.
fn run(
    reader: &mut Reader<'_>,
    exchange: &mut Exchange,
    version: RouterVersion,
    command: u8,
    input: &Bytes,
) -> Option<()> {
    // The highest bit allows a permit to fail, because another account may have submitted it before. Commands
    // that move assets still fail with the whole call.
    match command & 0x7f {
        0x00 => sell(reader, exchange, &v3(input)?)?,
        0x01 => {
            let mut trade = v3(input)?;
            // The path of an exact output begins with the output token.
            trade.path.reverse();
            buy(reader, exchange, &trade)?;
        }
        0x08 => sell(reader, exchange, &v2(input)?)?,
        0x09 => {
            let mut trade = v2(input)?;
            trade.a = unchecked_output(&trade.path, trade.a);
            buy(reader, exchange, &trade)?;
        }
        0x02 => {
            let c = arguments::<C::transferFromCall>(input)?;
            let to = recipient(exchange, c.recipient);
            transfer(reader, exchange, c.token, to, U256::from(c.amount));
        }
        0x0d => {
            for each in arguments::<C::transferFromBatchCall>(input)?.moves {
                (each.from == exchange.wallet()).then_some(())?;
                transfer(reader, exchange, each.token, each.to, U256::from(each.amount));
            }
        }
        0x03 => {
            let batch = arguments::<C::permitBatchCall>(input)?.batch;
            permit(reader, batch.spender, &batch.details);
        }
        0x0a => {
            let single = arguments::<C::permitCall>(input)?.single;
            permit(reader, single.spender, &[single.details]);
        }
        0x04 => {
            let c = arguments::<C::payCall>(input).filter(|c| c.amount.bit_len() <= 160)?;
            exchange.gives(c.token, c.amount, recipient(exchange, c.recipient));
        }
        0x05 => {
            let c = arguments::<C::payCall>(input)?;
            let to = recipient(exchange, c.recipient);
            if c.amount == EVERYTHING && c.token != COIN {
                exchange.gives(c.token, U256::ZERO, to);
            } else {
                let given = exchange.takes(c.token, Taken::Exactly(c.amount));
                exchange.brings(c.token, given, to);
            }
        }
        0x06 => {
            let c = arguments::<C::payCall>(input)?;
            exchange.shares(c.token, c.amount, recipient(exchange, c.recipient));
        }
        0x0b => {
            let c = arguments::<C::wrappingCall>(input)?;
            let amount = (c.amount != EVERYTHING).then_some(c.amount);
            exchange.wraps(amount, recipient(exchange, c.recipient));
        }
        0x0c => {
            let c = arguments::<C::wrappingCall>(input)?;
            exchange.unwraps(c.amount, recipient(exchange, c.recipient));
        }
        // A check of a balance, which may make the call fail.
        0x0e => {}
        0x10 => universal_v4::run(reader, exchange, version, input)?,
        _ => return None,
    }
    Some(())
}

/// Reads a swap of an exact input.
fn sell(reader: &mut Reader<'_>, exchange: &mut Exchange, trade: &Trade) -> Option<()> {
    let [first, .., last] = trade.path.as_slice() else { return None };
    if trade.by_user {
        exchange.pulls(reader, *first, trade.a);
    } else if trade.a == EVERYTHING {
        exchange.takes(*first, Taken::All);
    } else {
        exchange.takes(*first, Taken::Exactly(trade.a));
    }
    exchange.leads_through(&trade.path);
    exchange.brings(*last, trade.b, recipient(exchange, trade.to));
    Some(())
}

/// Reads a swap for an exact output.
fn buy(reader: &mut Reader<'_>, exchange: &mut Exchange, trade: &Trade) -> Option<()> {
    let [first, .., last] = trade.path.as_slice() else { return None };
    if trade.by_user {
        exchange.pulls(reader, *first, trade.b);
    } else {
        exchange.takes(*first, Taken::AtMost(trade.b));
    }
    exchange.leads_through(&trade.path);
    exchange.brings(*last, trade.a, recipient(exchange, trade.to));
    Some(())
}

/// Reads a transfer of the wallet's tokens through Permit2.
fn transfer(reader: &mut Reader<'_>, exchange: &mut Exchange, token: Address, to: Address, amount: U256) {
    if to == exchange.router() {
        exchange.deposits(reader, token, amount);
    } else if to != exchange.wallet() {
        reader.token_out(token, to, amount);
        exchange.goes_to(to);
    }
}

/// Reads permits of the wallet that are submitted to Permit2.
fn permit(reader: &mut Reader<'_>, spender: Address, details: &[Commands::Details]) {
    for permission in details {
        reader.allowance_through_permit2(permission.token, spender, allowed(U256::from(permission.amount)));
    }
}
