//! Reads the outcome and fee of a transaction from its receipt, within the limits that were signed. Pure.

use alloy_primitives::U256;

use super::answer::Receipt;
use super::envelope::Sent;

/// Highest data fee that is accepted: 0.02 of a coin, in wei. Networks with a data fee charge thousandths of it.
const MOST_FOR_DATA: U256 = U256::from_limbs([20_000_000_000_000_000, 0, 0, 0]);

/// Returns whether the transaction succeeded, and the fee that it paid. The error names the fault of the receipt.
pub(in crate::evm) fn read(
    sent: &Sent,
    receipt: &Receipt,
    has_data_fee: bool,
) -> Result<(bool, U256), &'static str> {
    if receipt.from != sent.from {
        return Err("the receipt names another sender");
    }
    let succeeded = match u8::try_from(receipt.status.0) {
        Ok(1) => true,
        Ok(0) => false,
        _ => return Err("the receipt's status is neither success nor failure"),
    };
    Ok((succeeded, fee(sent, receipt, has_data_fee.then_some(MOST_FOR_DATA))?))
}

/// Returns the fee in a receipt: at most all the gas at its highest price, plus on OP-stack chains the data fee,
/// which no field of a transaction limits and which may be at most `most_for_data`. A higher fee is an error.
/// On other chains the receipt's data fee is ignored.
fn fee(sent: &Sent, receipt: &Receipt, most_for_data: Option<U256>) -> Result<U256, &'static str> {
    let fields = sent.tx.fields();
    let (used, price) = (receipt.gas_used.0, receipt.effective_gas_price.0);
    if used > U256::from(fields.gas_limit()) {
        return Err("the receipt has more gas than the transaction");
    }
    if price > U256::from(fields.max_fee_per_gas()) {
        return Err("the receipt has a higher price than the transaction");
    }
    let for_data = match (receipt.l1_fee, most_for_data) {
        (Some(given), Some(most)) if given.0 > most => {
            return Err("the receipt has a higher data fee than any transaction may pay");
        }
        (Some(given), Some(_)) => given.0,
        (None, _) | (_, None) => U256::ZERO,
    };
    Ok(used.saturating_mul(price).saturating_add(for_data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evm::codec::answer::Quantity;
    use crate::evm::codec::body::Body;
    use crate::evm::codec::envelope::Unsigned;
    use crate::evm::codec::fees::Price;
    use alloy_primitives::{Address, B256};
    use proptest::prelude::*;

    const GAS: u64 = 50_000;
    const PRICE: u128 = 900;
    const DATA: u64 = 1_000_000;

    fn sent(priority: Option<u128>) -> Sent {
        let body = Body {
            chain_id: 8453,
            to: Some(Address::repeat_byte(3)),
            value: U256::ZERO,
            input: Default::default(),
            standard: None,
            gas_limit: GAS,
            fee_budget: U256::MAX,
        };
        let tx = Unsigned::new(&body, 4, Price { max: PRICE, priority });
        Sent { from: Address::repeat_byte(9), hash: B256::ZERO, tx }
    }

    fn receipt(used: U256, price: U256, data: Option<U256>) -> Receipt {
        Receipt {
            transaction_hash: B256::ZERO,
            block_hash: None,
            block_number: None,
            from: Address::repeat_byte(9),
            status: Quantity(U256::ONE),
            gas_used: Quantity(used),
            effective_gas_price: Quantity(price),
            l1_fee: data.map(Quantity),
        }
    }

    #[test]
    fn a_fee_above_the_signed_limits_is_refused() {
        let (gas, price, data) = (U256::from(GAS), U256::from(PRICE), U256::from(DATA));
        let huge = U256::MAX >> 96;
        for priority in [Some(7), None] {
            let fee_of = |used, price, l1| fee(&sent(priority), &receipt(used, price, l1), Some(data));
            assert_eq!(fee_of(gas, price, None), Ok(gas * price));
            assert_eq!(fee_of(gas, price, Some(data)), Ok(gas * price + data));
            let elsewhere = |l1| fee(&sent(priority), &receipt(gas, price, Some(l1)), None);
            assert_eq!(elsewhere(data), Ok(gas * price), "a network without such a fee");
            assert_eq!(elsewhere(U256::MAX), Ok(gas * price));
            for (used, price, l1) in [
                (gas + U256::ONE, price, None),
                (gas, price + U256::ONE, None),
                (gas, price, Some(data + U256::ONE)),
                (gas, huge, None),
                (huge, price, None),
                (U256::ONE, price, Some(U256::MAX)),
            ] {
                assert!(fee_of(used, price, l1).is_err(), "{used} {price} {l1:?}");
            }
        }
    }

    #[test]
    fn a_receipt_with_another_sender_or_an_invalid_status_is_refused() {
        let good = receipt(U256::from(GAS), U256::from(PRICE), None);
        let paid = U256::from(GAS) * U256::from(PRICE);
        let read = |receipt: &Receipt| read(&sent(Some(7)), receipt, false);
        assert_eq!(read(&good), Ok((true, paid)));
        assert_eq!(read(&Receipt { status: Quantity(U256::ZERO), ..good.clone() }), Ok((false, paid)));
        assert!(read(&Receipt { status: Quantity(U256::from(2u8)), ..good.clone() }).is_err());
        assert!(read(&Receipt { status: Quantity(U256::MAX), ..good.clone() }).is_err());
        assert!(read(&Receipt { from: Address::repeat_byte(8), ..good }).is_err());
    }

    proptest! {
        #[test]
        fn no_fee_exceeds_the_signed_limits(used: [u8; 32], price: [u8; 32], data: Option<[u8; 32]>) {
            let word = U256::from_be_bytes::<32>;
            let most = U256::from(GAS) * U256::from(PRICE) + U256::from(DATA);
            let receipt = receipt(word(used) >> 236, word(price) >> 246, data.map(|data| word(data) >> 235));
            if let Ok(fee) = fee(&sent(Some(7)), &receipt, Some(U256::from(DATA))) {
                prop_assert!(fee <= most);
            }
        }
    }
}
