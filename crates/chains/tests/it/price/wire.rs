//! The requests to each source and the reading of its answer.

use serde_json::json;
use waiaas_chains::price::{CoinGecko, PriceError, PriceSource, client};
use waiaas_core::money::Price;
use waiaas_core::policy::PriceFact;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer};

use super::services::{ETH, ETH_FEED, NOW, OPTIONS, Services, UNI, asset, down, gecko, hermes, known, ok};

#[tokio::test]
async fn requests_are_as_documented_and_the_higher_price_is_used() {
    let services = Services::start().await;
    Mock::given(method("GET"))
        .and(path("/v2/updates/price/latest"))
        .and(query_param("ids[]", format!("0x{ETH_FEED}")))
        .and(query_param("parsed", "true"))
        .respond_with(hermes("300012345678", "87654322", -8, NOW - 2))
        .mount(&services.pyth)
        .await;
    Mock::given(method("GET"))
        .and(path("/api/v3/simple/price"))
        .and(query_param("ids", "ethereum"))
        .and(query_param("vs_currencies", "usd"))
        .and(query_param("include_last_updated_at", "true"))
        .respond_with(gecko("2999.5", NOW - 60))
        .mount(&services.coingecko)
        .await;
    // 3000.12345678 and a confidence of 0.87654322 above it.
    assert_eq!(services.book().price(&asset(ETH), NOW).await, known("3001"));
    assert_eq!(services.requests().await, (1, 1));
}

#[tokio::test]
async fn token_prices_go_by_contract_and_platform() {
    let services = Services::start().await;
    let contract = "0x1f9840a85d5af5bf1d1762f925bdaddc4201f984";
    Mock::given(method("GET"))
        .and(path("/api/v3/simple/token_price/ethereum"))
        .and(query_param("contract_addresses", contract))
        .respond_with(ok(json!({ contract: { "usd": 7.25, "last_updated_at": NOW } }).to_string()))
        .mount(&services.coingecko)
        .await;
    let mint = "JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN";
    Mock::given(method("GET"))
        .and(path("/api/v3/simple/token_price/solana"))
        .and(query_param("contract_addresses", mint))
        .respond_with(ok(format!("{{\"{mint}\":{{\"usd\":1.2e-08,\"last_updated_at\":{NOW}}}}}")))
        .mount(&services.coingecko)
        .await;
    let book = services.book();
    assert_eq!(book.price(&asset(UNI), NOW).await, known("7.25"));
    let jup = asset(&format!("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/token:{mint}"));
    assert_eq!(book.price(&jup, NOW).await, known("0.000000012"));
    assert_eq!(services.requests().await, (0, 2), "Pyth pins no feed for these");
}

#[tokio::test]
async fn the_api_key_goes_into_the_documented_header_and_nowhere_else() {
    let server = MockServer::start().await;
    Mock::given(header("x-cg-demo-api-key", "hunter2")).respond_with(gecko("3000", NOW)).mount(&server).await;
    let source =
        CoinGecko::new(client(OPTIONS.timeout).expect("client"), &server.uri(), "hunter2").expect("source");
    let quote = source.quote(&asset(ETH)).await.expect("answer").expect("listed");
    assert_eq!((known("3000"), NOW), (PriceFact::Known(quote.price), quote.observed_at));
    let request = server.received_requests().await.expect("recorded").pop().expect("one");
    assert!(!request.url.as_str().contains("hunter2"));
    assert!(!format!("{source:?}").contains("hunter2"));

    drop(server);
    let gone =
        CoinGecko::new(client(OPTIONS.timeout).expect("client"), "http://127.0.0.1:1/hunter2", "hunter2");
    let error = gone.expect("source").quote(&asset(ETH)).await.expect_err("nothing listens there");
    assert!(matches!(error, PriceError::Unreachable(_)));
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn impossible_answers_of_hermes_are_refused() {
    let services = Services::start().await;
    let source = services.sources().remove(0);
    let other_feed = "{\"parsed\":[{\"id\":\"00\",\"price\":{\"price\":\"1\",\"conf\":\"0\",\"expo\":0,\"publish_time\":1}}]}";
    for (case, answer) in [
        ("zero", hermes("0", "100", -8, NOW)),
        ("negative", hermes("-300000000000", "1", -8, NOW)),
        ("fraction", hermes("3000.5", "0", 0, NOW)),
        ("hex", hermes("0xff", "0", 0, NOW)),
        ("beyond 64 bits", hermes("9223372036854775808", "0", -8, NOW)),
        ("negative confidence", hermes("300000000000", "-1", -8, NOW)),
        ("huge exponent", hermes("1", "0", 40, NOW)),
        ("tiny exponent", hermes("1", "0", -60, NOW)),
        ("largest exponent", hermes("1", "0", i64::from(i32::MAX), NOW)),
        ("smallest exponent", hermes("1", "0", i64::from(i32::MIN), NOW)),
        ("exponent beyond 32 bits", hermes("1", "0", i64::MAX, NOW)),
        ("another feed", ok(other_feed)),
        ("no feed", ok("{\"parsed\":[]}")),
        ("null", ok("{\"parsed\":null}")),
        ("not JSON", ok("<html>")),
        ("empty", ok("")),
        ("too long", ok(" ".repeat(300 * 1024))),
    ] {
        services.say(answer, down()).await;
        let error = source.quote(&asset(ETH)).await.expect_err(case);
        assert!(matches!(error, PriceError::BadAnswer { .. }), "{case}: {error:?}");
        assert_eq!(services.book().price(&asset(ETH), NOW).await, PriceFact::Unusable, "{case}");
    }
}

#[tokio::test]
async fn impossible_answers_of_coingecko_are_refused() {
    let services = Services::start().await;
    let source = services.sources().remove(1);
    for (case, answer) in [
        ("zero", gecko("0", NOW)),
        ("zero with digits", gecko("0.000", NOW)),
        ("negative", gecko("-3000", NOW)),
        ("huge exponent", gecko("1e99", NOW)),
        ("tiny exponent", gecko("1e-99", NOW)),
        ("endless exponent", gecko("1e99999999999", NOW)),
        ("too many digits", gecko(&"9".repeat(60), NOW)),
        ("text", gecko("\"3000\"", NOW)),
        ("object", gecko("{}", NOW)),
        ("no time", ok("{\"ethereum\":{\"usd\":3000}}")),
        ("another coin", ok(format!("{{\"bitcoin\":{{\"usd\":1,\"last_updated_at\":{NOW}}}}}"))),
        ("error body", ok("{\"status\":{\"error_code\":429,\"error_message\":\"slow down\"}}")),
        ("not JSON", ok("<html>")),
        ("a list", ok("[]")),
        ("empty", ok("")),
    ] {
        services.say(down(), answer).await;
        let error = source.quote(&asset(ETH)).await.expect_err(case);
        assert!(matches!(error, PriceError::BadAnswer { .. }), "{case}: {error:?}");
        assert_eq!(services.book().price(&asset(ETH), NOW).await, PriceFact::Unusable, "{case}");
    }
}

#[tokio::test]
async fn digits_are_kept_exactly() {
    let services = Services::start().await;
    let sources = services.sources();
    let [pyth, coingecko] = &sources[..] else { panic!("two sources") };
    // 17 significant digits: a double would end in …992.
    services.say(hermes("9007199254740993", "0", -12, NOW), gecko("9007.199254740993", NOW)).await;
    for source in [pyth, coingecko] {
        let quote = source.quote(&asset(ETH)).await.expect("answer").expect("listed");
        assert_eq!(quote.price, Price::from_picos(9_007_199_254_740_993), "{}", source.name());
    }
    services.say(hermes("1", "0", -13, NOW), gecko("1e-13", NOW)).await;
    for source in [pyth, coingecko] {
        let quote = source.quote(&asset(ETH)).await.expect("answer").expect("listed");
        assert_eq!(quote.price, Price::from_picos(1), "{} rounds up", source.name());
    }
}
