use super::*;

const WALLET: Address = Address::repeat_byte(1);
const SPENDER: Address = Address::repeat_byte(2);
const TOKEN: Address = Address::repeat_byte(3);

fn words(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| U256::from(*number).to_be_bytes::<32>()).collect()
}

fn log(address: Address, name: B256, indexed: &[Address], data: &[u64]) -> Log {
    let topics = [name].into_iter().chain(indexed.iter().map(|address| address.into_word())).collect();
    Log { address, topics, data: words(data).into() }
}

/// Returns the event by which Permit2 announces an allowance of `amount` until `end`.
fn permitted(emitter: Address, amount: u64, end: u64) -> Log {
    let name = Permit2Approval::Approval::SIGNATURE_HASH;
    log(emitter, name, &[WALLET, TOKEN, SPENDER], &[amount, end])
}

fn approved(amount: u64) -> Log {
    log(TOKEN, Approval::SIGNATURE_HASH, &[WALLET, SPENDER], &[amount])
}

fn sums_of(logs: &[Log]) -> Sums {
    sum_up(&logs.iter().cloned().map(Event::Log).collect::<Vec<_>>(), WALLET)
}

#[test]
fn allowances_of_permit2_and_of_the_token_are_separate() {
    let key = (TOKEN, SPENDER);
    let own = Sums { allowances: [(key, U256::from(600))].into(), ..Sums::default() };
    assert_eq!(sums_of(&[approved(600)]), own);
    let by_permit2 = [(key, (U256::from(50), U256::from(9)))].into();
    let both = Sums { by_permit2, ..own.clone() };
    for logs in [[approved(600), permitted(PERMIT2, 50, 9)], [permitted(PERMIT2, 50, 9), approved(600)]] {
        assert_eq!(sums_of(&logs), both);
    }
    // Events of Permit2 from another contract are ignored and revoke nothing.
    for emitter in [TOKEN, SPENDER, WALLET] {
        assert_eq!(sums_of(&[approved(600), permitted(emitter, 0, 9)]), own);
        let mut short = permitted(emitter, 0, 9);
        short.data = Default::default();
        assert_eq!(sums_of(&[short]), Sums::default());
    }
}

#[test]
fn outflows_are_summed_by_recipient() {
    let sent = |to, amount| log(TOKEN, Transfer::SIGNATURE_HASH, &[WALLET, to], &[amount]);
    let other = Address::repeat_byte(4);
    let sums = sums_of(&[sent(SPENDER, 5), sent(other, 7), sent(SPENDER, 1), sent(WALLET, 100)]);
    let tokens = [((TOKEN, Some(SPENDER)), 6), ((TOKEN, Some(other)), 7)];
    let tokens = tokens.into_iter().map(|(key, amount)| (key, U256::from(amount))).collect();
    assert_eq!(sums, Sums { tokens, ..Sums::default() });
    // A malformed event that names the wallet counts as the worst case.
    let mut torn = sent(SPENDER, 5);
    torn.data = Default::default();
    assert_eq!(sums_of(&[torn]).tokens, [((TOKEN, None), U256::MAX)].into());
}
