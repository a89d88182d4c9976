//! Wrapping and unwrapping the native coin, at the address each network has for it. On other contracts
//! the same names may do anything.

use alloy_sol_types::sol;

use self::Weth::WethCalls;
use super::pinned;
use super::reader::{Call, Outcome, Reader};
use super::strict::method;

sol! {
    #[sol(abi)]
    interface Weth {
        function deposit() external payable;
        function withdraw(uint256 amount) external;
    }
}

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Outcome {
    if reader.chain_id().and_then(pinned::weth) != Some(call.to) {
        return None;
    }
    // What is wrapped is the value of the call; what is unwrapped comes back at once.
    let known = method::<WethCalls>(call.input)?.map(|(WethCalls::deposit(_) | WethCalls::withdraw(_))| ());
    if known.is_ok() {
        reader.called(call, true);
    }
    Some(known)
}
