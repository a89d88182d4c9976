//! The price book with its real sources.

mod services;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use waiaas_chains::price::{PriceBook, PriceOptions};
use waiaas_core::money::Price;
use waiaas_core::network::{Environment, Networks};
use waiaas_core::policy::PriceFact;
use wiremock::ResponseTemplate;

use services::{ETH, NOW, OPTIONS, Services, UNI, asset, down, gecko, known, ok, pyth_dollars};

#[tokio::test]
async fn test_networks_never_use_main_network_prices() {
    let services = Services::start().await;
    services.say(pyth_dollars(3000, NOW), gecko("3000", NOW)).await;
    let book = services.book();
    for network in Networks::builtin().all().filter(|n| n.environment != Environment::Mainnet) {
        assert_eq!(book.price(&network.native(), NOW).await, PriceFact::Unlisted, "{}", network.id);
    }
    let usdc = asset("eip155:84532/erc20:0x036cbd53842c5426634e7929541ec2318f3dcf7e");
    assert_eq!(book.price(&usdc, NOW).await, PriceFact::Unlisted);
    assert_eq!(services.requests().await, (0, 0), "no request is made");
}

#[tokio::test]
async fn listed_assets_are_priced_by_the_table_alone() {
    let services = Services::start().await;
    services.say(pyth_dollars(3000, NOW), gecko("3000", NOW)).await;
    let table = BTreeMap::from([
        (asset("solana:localnet/slip44:501"), Price::from_decimal("150").expect("price")),
        (asset(ETH), Price::from_decimal("1").expect("price")),
        (asset(UNI), Price::from_picos(0)),
    ]);
    let book = PriceBook::new(table, services.sources(), OPTIONS);
    assert_eq!(book.price(&asset("solana:localnet/slip44:501"), NOW).await, known("150"));
    assert_eq!(book.price(&asset(ETH), NOW).await, known("1"));
    assert_eq!(book.price(&asset(UNI), NOW).await, PriceFact::Unusable, "never used as zero");
    assert_eq!(services.requests().await, (0, 0));
}

#[tokio::test]
async fn one_usable_source_is_enough_and_none_is_not() {
    let services = Services::start().await;
    let slow = || gecko("3000", NOW).set_delay(Duration::from_secs(60));
    let cases = [
        ("both down", down(), down(), PriceFact::Unusable),
        ("one down", pyth_dollars(3000, NOW), down(), known("3000")),
        ("the other down", down(), gecko("3000", NOW), known("3000")),
        ("rate limited", down(), ResponseTemplate::new(429), PriceFact::Unusable),
        ("unlisted and down", down(), ok("{}"), PriceFact::Unusable),
        ("unlisted and up", pyth_dollars(3000, NOW), ok("{}"), known("3000")),
        ("listed without price", pyth_dollars(3000, NOW), ok("{\"ethereum\":{}}"), known("3000")),
        ("at the age bound", pyth_dollars(3000, NOW - 600), down(), known("3000")),
        ("past the age bound", pyth_dollars(3000, NOW - 601), down(), PriceFact::Unusable),
        ("one stale", pyth_dollars(9, NOW - 601), gecko("3000", NOW), known("3000")),
        ("from the future", pyth_dollars(3000, NOW + 61), down(), PriceFact::Unusable),
        ("ten times apart", pyth_dollars(3000, NOW), gecko("300", NOW), PriceFact::Unusable),
        ("five percent apart", pyth_dollars(3000, NOW), gecko("3150", NOW), known("3150")),
        ("slightly more", pyth_dollars(3000, NOW), gecko("3150.000000000001", NOW), PriceFact::Unusable),
        ("too slow", pyth_dollars(3000, NOW), slow(), known("3000")),
        (
            "redirected",
            ResponseTemplate::new(302).insert_header("location", "/"),
            down(),
            PriceFact::Unusable,
        ),
    ];
    for (case, pyth, coingecko, expected) in cases {
        services.say(pyth, coingecko).await;
        let options = PriceOptions { timeout: Duration::from_secs(1), ..OPTIONS };
        let book = PriceBook::new(BTreeMap::new(), services.sources(), options);
        assert_eq!(book.price(&asset(ETH), NOW).await, expected, "{case}");
    }
}

#[tokio::test]
async fn unlisted_means_that_every_source_answers_unlisted() {
    let services = Services::start().await;
    services.say(down(), ok("{}")).await;
    assert_eq!(services.book().price(&asset(UNI), NOW).await, PriceFact::Unlisted);
    services.say(down(), down()).await;
    assert_eq!(services.book().price(&asset(UNI), NOW).await, PriceFact::Unusable);
}

#[tokio::test]
async fn answers_are_reused_for_the_cache_time() {
    let services = Services::start().await;
    services.say(pyth_dollars(3000, NOW), gecko("3000", NOW)).await;
    let book = services.book();
    assert_eq!(book.price(&asset(ETH), NOW).await, known("3000"));
    services.say(pyth_dollars(3100, NOW), gecko("3100", NOW)).await;
    assert_eq!(book.price(&asset(ETH), NOW + 29).await, known("3000"));
    assert_eq!(services.requests().await, (0, 0));
    assert_eq!(book.price(&asset(ETH), NOW + 30).await, known("3100"));
    assert_eq!(services.requests().await, (1, 1));
    // A clock set far back must not pin the answers.
    assert_eq!(book.price(&asset(ETH), NOW - 3_600).await, PriceFact::Unusable);
    assert_eq!(services.requests().await, (2, 2));
}

#[tokio::test]
async fn a_failed_refresh_never_lengthens_a_quotes_life() {
    let services = Services::start().await;
    services.say(pyth_dollars(3000, NOW - 100), gecko("3000", NOW - 50)).await;
    let book = services.book();
    assert_eq!(book.price(&asset(ETH), NOW).await, known("3000"));
    services.say(down(), down()).await;
    for later in [30, 120, 300, 500, 550] {
        assert_eq!(book.price(&asset(ETH), NOW + later).await, known("3000"), "{later}");
    }
    assert_eq!(book.price(&asset(ETH), NOW + 551).await, PriceFact::Unusable);
    assert_eq!(book.price(&asset(ETH), NOW + 10_000).await, PriceFact::Unusable);
    let (before, _) = services.requests().await;
    services.say(pyth_dollars(2000, NOW + 10_004), gecko("2000", NOW + 10_004)).await;
    assert_eq!(book.price(&asset(ETH), NOW + 10_004).await, PriceFact::Unusable, "not asked at every call");
    assert_eq!(book.price(&asset(ETH), NOW + 10_005).await, known("2000"));
    assert!(before >= 6, "asked again each time: {before}");
}

/// If one source is silenced, the price of the other must agree with its last price.
#[tokio::test]
async fn the_price_of_one_source_must_agree_with_the_last_price_of_the_other() {
    let (later, moved) = (NOW + 1_000, pyth_dollars(3200, NOW + 1_000));
    for (what, silenced) in [
        ("not listed", ok("{}")),
        ("listed without a price", ok("{\"ethereum\":{}}")),
        ("down", down()),
        ("rate limited", ResponseTemplate::new(429)),
        ("stale", gecko("3000", NOW)),
    ] {
        let services = Services::start().await;
        services.say(pyth_dollars(3000, NOW), gecko("3000", NOW)).await;
        let book = services.book();
        let both = book.price_if(&asset(ETH), NOW, || true).await;
        assert_eq!((both.price, both.sources), (known("3000"), Some(2)));
        services.say(pyth_dollars(3150, later), silenced.clone()).await;
        let alone = book.price_if(&asset(ETH), later, || true).await;
        assert_eq!((alone.price, alone.sources), (known("3150"), Some(1)), "{what}");
        services.say(moved.clone(), silenced).await;
        let moved = book.price_if(&asset(ETH), later + 30, || true).await;
        assert_eq!((moved.price, moved.sources), (PriceFact::Unusable, None), "{what}");
        services.say(pyth_dollars(3200, later), gecko("3200", later)).await;
        assert_eq!(book.price(&asset(ETH), later + 60).await, known("3200"), "{what}");
    }
}

#[tokio::test]
async fn a_source_that_was_down_is_asked_again_soon() {
    let services = Services::start().await;
    services.say(pyth_dollars(3000, NOW), down()).await;
    let book = services.book();
    assert_eq!(book.price(&asset(ETH), NOW).await, known("3000"));
    services.say(pyth_dollars(3000, NOW), gecko("3001", NOW)).await;
    assert_eq!(book.price(&asset(ETH), NOW + 4).await, known("3000"));
    assert_eq!(book.price(&asset(ETH), NOW + 5).await, known("3001"));
}

#[tokio::test]
async fn a_quote_that_ages_out_within_the_cache_time_is_replaced() {
    let services = Services::start().await;
    services.say(pyth_dollars(3000, NOW - 590), ok("{}")).await;
    let book = services.book();
    assert_eq!(book.price(&asset(ETH), NOW).await, known("3000"));
    services.say(pyth_dollars(3100, NOW + 11), ok("{}")).await;
    assert_eq!(book.price(&asset(ETH), NOW + 11).await, known("3100"));
}

#[tokio::test]
async fn concurrent_questions_share_one_request() {
    let services = Services::start().await;
    let delay = Duration::from_millis(200);
    services.say(pyth_dollars(3000, NOW).set_delay(delay), gecko("3000", NOW).set_delay(delay)).await;
    let book = Arc::new(services.book());
    let ask = |_| {
        let book = book.clone();
        tokio::spawn(async move { book.price(&asset(ETH), NOW).await })
    };
    let asked: Vec<_> = (0..50).map(ask).collect();
    for answer in asked {
        assert_eq!(answer.await.expect("task"), known("3000"));
    }
    assert_eq!(services.requests().await, (1, 1));
}

#[tokio::test]
async fn a_cancelled_call_does_not_block_others() {
    let services = Services::start().await;
    let never = pyth_dollars(3000, NOW).set_delay(Duration::from_secs(60));
    services.say(never, down()).await;
    let book = services.book();
    let eth = asset(ETH);
    tokio::select! {
        biased;
        _ = book.price(&eth, NOW) => panic!("answered before the source did"),
        () = until_asked(&services) => {}
    }
    services.say(pyth_dollars(3000, NOW), gecko("3000", NOW)).await;
    assert_eq!(book.price(&eth, NOW).await, known("3000"));
}

/// Returns once Pyth has received a request.
async fn until_asked(services: &Services) {
    let asked = async {
        while services.requests().await.0 == 0 {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(30), asked).await;
    assert_eq!(in_time, Ok(()), "Pyth is asked");
}
