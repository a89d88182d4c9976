use super::*;
use proptest::prelude::*;
use waiaas_core::simulation::Gone;

const WALLET: Pubkey = Pubkey::new_from_array([1; 32]);
const THIEF: Pubkey = Pubkey::new_from_array([2; 32]);
const ACCOUNT: Pubkey = Pubkey::new_from_array([3; 32]);
const MINT: Pubkey = Pubkey::new_from_array([4; 32]);
const RENT: u64 = 2_039_280;

fn coins(lamports: u64) -> Account {
    Account { lamports, owner: Pubkey::default(), executable: false, data: Vec::new() }
}

/// A token account of `owner`.
fn held(owner: Pubkey, mint: Pubkey, amount: u64) -> Account {
    let mut data = [mint.to_bytes(), owner.to_bytes()].concat();
    data.extend(amount.to_le_bytes());
    data.resize(165, 0);
    data[108] = 1;
    let wrapped = if mint == WRAPPED { amount } else { 0 };
    Account { lamports: RENT + wrapped, owner: TokenProgram::Token.id(), executable: false, data }
}

fn delegated(mut account: Account, delegate: Pubkey, amount: u64) -> Account {
    account.data[72] = 1;
    account.data[76..108].copy_from_slice(&delegate.to_bytes());
    account.data[121..129].copy_from_slice(&amount.to_le_bytes());
    account
}

fn closable(mut account: Account, by: Pubkey) -> Account {
    account.data[129] = 1;
    account.data[133..165].copy_from_slice(&by.to_bytes());
    account
}

fn stake(staker: Pubkey, withdrawer: Pubkey, lamports: u64) -> Account {
    let mut data = vec![2, 0, 0, 0];
    data.extend([0; 8]);
    data.extend(staker.to_bytes());
    data.extend(withdrawer.to_bytes());
    data.resize(200, 0);
    Account { lamports, owner: stake::ID, executable: false, data }
}

/// Returns the observation when the wallet's coins and one account change; the fee is 5000.
fn seen(before: (u64, Option<Account>), after: (u64, Option<Account>)) -> Observed {
    let side = |(lamports, account): (u64, Option<Account>)| {
        let others = account.map(|account| (ACCOUNT, account));
        Side::of(&WALLET, &others.into_iter().chain([(WALLET, coins(lamports))]).collect())
    };
    let names = Names { caip2: &"solana:localnet".into(), facts: &Facts::default() };
    observe(&WALLET, &[side(before), side(after)], 5_000, &names)
}

fn gone(amount: u64) -> Gone {
    [(None, U256::from(amount))].into()
}

fn token() -> AssetId {
    AssetId::token(&"solana:localnet".into(), address(&MINT))
}

#[test]
fn outgoing_coins_and_tokens_are_counted_without_the_fee() {
    let native = |amount: u64| Observed { native: gone(amount), ..Observed::default() };
    assert_eq!(seen((100_000, None), (95_000, None)), Observed::default());
    assert_eq!(seen((100_000, None), (94_999, None)), native(1));
    let own = |amount| Some(held(WALLET, MINT, amount));
    let out = |amount: u64| Observed { tokens: [(token(), gone(amount))].into(), ..Observed::default() };
    assert_eq!(seen((100_000, own(9)), (95_000, own(9))), Observed::default());
    assert_eq!(seen((100_000, own(9)), (95_000, own(2))), out(7));
    assert_eq!(seen((100_000, own(9)), (95_000, own(12))), Observed::default());
    let closed = seen((100_000, own(9)), (95_000, None));
    assert_eq!(closed, Observed { native: gone(RENT), ..out(9) }, "closed for another recipient");
    assert_eq!(seen((100_000, own(0)), (95_000 + RENT, None)), Observed::default(), "closed for the wallet");
    assert_eq!(seen((5_000_000, None), (4_995_000 - RENT, own(0))), Observed::default(), "opened");
    let theirs = |amount| Some(held(THIEF, MINT, amount));
    assert_eq!(
        seen((100_000, theirs(9)), (95_000, theirs(0))),
        Observed::default(),
        "an account of another owner"
    );
}

#[test]
fn wrapping_is_an_outflow_of_coins_and_unwrapping_is_not() {
    let wrapped = |amount| Some(held(WALLET, WRAPPED, amount));
    let native = |amount: u64| Observed { native: gone(amount), ..Observed::default() };
    assert_eq!(seen((100_000, wrapped(1)), (94_000, wrapped(1_001))), native(1_000));
    let unwrapped = (100_000 - 5_000 + RENT + 1_000, None);
    assert_eq!(seen((100_000, wrapped(1_000)), unwrapped), Observed::default());
    let stolen = seen((100_000, wrapped(1_000)), (95_000, wrapped(0)));
    assert_eq!(stolen.tokens.values().cloned().collect::<Vec<_>>(), [gone(1_000)]);
}

#[test]
fn new_authorities_and_permissions_of_others_are_seen() {
    let own = held(WALLET, MINT, 9);
    let coins = |account: &Account| (100_000, Some(account.clone()));
    let later = |account: &Account| (95_000, Some(account.clone()));
    let power = Observed { powers: [address(&ACCOUNT)].into(), ..Observed::default() };
    let lent = |amount: u64| Observed {
        allowances: [((token(), address(&THIEF)), U256::from(amount))].into(),
        ..Observed::default()
    };
    assert_eq!(seen(coins(&own), later(&held(THIEF, MINT, 9))), power, "another owner");
    assert_eq!(seen(coins(&own), later(&closable(own.clone(), THIEF))), power);
    assert_eq!(seen(coins(&closable(own.clone(), THIEF)), later(&own)), Observed::default());
    assert_eq!(seen(coins(&own), later(&delegated(own.clone(), THIEF, 7))), lent(7));
    let some = delegated(own.clone(), THIEF, 5);
    assert_eq!(seen(coins(&some), later(&delegated(own.clone(), THIEF, 7))), lent(2));
    assert_eq!(seen(coins(&some), later(&own)), Observed::default());
    assert_eq!(seen((100_000, None), (95_000, Some(some))), lent(5), "a new account");

    let staked = stake(WALLET, WALLET, 50);
    assert_eq!(seen(coins(&staked), later(&stake(WALLET, THIEF, 50))), power);
    assert_eq!(seen(coins(&staked), later(&stake(THIEF, WALLET, 50))), power);
    let drained = seen(coins(&staked), later(&stake(WALLET, WALLET, 20)));
    assert_eq!(drained, Observed { native: gone(30), ..Observed::default() });
}

#[test]
fn an_account_closed_and_paid_again_is_an_outflow() {
    let own = held(WALLET, MINT, 9);
    let refilled = seen((100_000, Some(own)), (95_000, Some(coins(7))));
    let expected =
        Observed { native: gone(RENT), tokens: [(token(), gone(9))].into(), ..Observed::default() };
    assert_eq!(refilled, expected);
    assert!(!exists(&coins(0)) && exists(&coins(1)));
}

#[test]
fn readings_are_compared_by_the_wallets_holdings() {
    let side = |others: &[(Pubkey, Account)], lamports| {
        Side::of(&WALLET, &others.iter().cloned().chain([(WALLET, coins(lamports))]).collect())
    };
    let (own, stranger) = ((ACCOUNT, held(WALLET, MINT, 9)), (THIEF, coins(5)));
    let first = side(&[own.clone(), stranger.clone()], 100);
    let sysvar = (MINT, Account { data: vec![1], owner: THIEF, ..coins(1) });
    assert!(side(&[own.clone(), (THIEF, coins(6)), sysvar], 100).is_held_as(&first));
    assert!(side(std::slice::from_ref(&own), 100).is_held_as(&first));
    assert!(!side(&[own, stranger], 101).is_held_as(&first));
    assert!(!side(&[(ACCOUNT, held(WALLET, MINT, 8))], 100).is_held_as(&first));
    assert!(!side(&[(ACCOUNT, held(THIEF, MINT, 9))], 100).is_held_as(&first));
    assert!(!side(&[], 100).is_held_as(&first));
    let staked = |staker| side(&[(ACCOUNT, stake(staker, WALLET, 50))], 100);
    assert!(staked(WALLET).is_held_as(&staked(WALLET)) && !staked(THIEF).is_held_as(&staked(WALLET)));
}

proptest! {
    #[test]
    fn arbitrary_accounts_never_panic(data: Vec<u8>, lamports: u64, kind in 0..3usize) {
        let owner = [TokenProgram::Token.id(), TokenProgram::Token2022.id(), stake::ID][kind];
        let account = Account { lamports, owner, executable: false, data };
        let _ = seen((lamports, Some(account.clone())), (0, None));
        let _ = seen((0, None), (lamports, Some(account)));
    }
}
