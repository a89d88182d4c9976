//! Wrapping and unwrapping the native coin, at the network's wrapper contract only. In other contracts, methods of
//! the same name may have any effect.

use alloy_sol_types::sol;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Portion, Swap};

use self::Weth::WethCalls;
use super::reader::{Call, Reader, Recognised};
use super::strict::method;
use super::{account, asset, pinned};

sol! {
    #[sol(abi)]
    interface Weth {
        function deposit() external payable;
        function withdraw(uint256 amount) external;
    }
}

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Recognised {
    if reader.chain_id().and_then(pinned::weth) != Some(call.to) {
        return None;
    }
    let known = match method::<WethCalls>(call.input)? {
        Ok(known) => known,
        Err(malformed) => return Some(Err(malformed)),
    };
    // Inside another call the proceeds go to the calling contract, from which any account may take them.
    let to_the_wallet = reader.outermost();
    match known {
        // The value of the call is wrapped.
        WethCalls::deposit(_) => reader.called(call, to_the_wallet),
        // The unwrapped coin is paid out at once. Some wrappers emit a burn of their token for it.
        WethCalls::withdraw(_) if !to_the_wallet || !call.value.is_zero() => reader.called(call, false),
        WethCalls::withdraw(c) => {
            reader.called(call, true);
            let network = reader.network();
            let (coin, weth) = (network.native(), asset(network, call.to));
            let portion = |asset: &AssetId| vec![Portion { asset: asset.clone(), amount: c.amount }];
            reader.push(Effect::Swap(Box::new(Swap {
                router: account(call.to),
                sold: portion(&weth),
                bought: portion(&coin),
                path: vec![weth.clone(), coin],
                to: account(reader.wallet()),
                wrapper: Some(weth),
                spenders: Vec::new(),
                deadline: None,
            })));
        }
    }
    Some(Ok(()))
}
