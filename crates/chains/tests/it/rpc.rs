//! Failover between endpoints, against endpoints that misbehave.

use std::time::Duration;

use serde_json::{Value, json};
use waiaas_chains::ChainError;
use waiaas_chains::rpc::{RpcFailure, RpcOptions, RpcPool, http_client};
use waiaas_core::network::NetworkId;
use wiremock::matchers::{any, body_partial_json, header};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// Answers every call with the same result or error, under the request's id plus `id_offset`.
#[derive(Clone)]
struct Says {
    part: (&'static str, Value),
    id_offset: u64,
    after: Duration,
}

fn result(value: Value) -> Says {
    Says { part: ("result", value), id_offset: 0, after: Duration::ZERO }
}

fn error(code: i64, message: &str) -> Says {
    Says { part: ("error", json!({"code": code, "message": message})), id_offset: 0, after: Duration::ZERO }
}

impl Respond for Says {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let request: Value = serde_json::from_slice(&request.body).expect("a JSON request");
        let id = request["id"].as_u64().expect("a numeric id") + self.id_offset;
        let (key, value) = &self.part;
        let body = json!({"jsonrpc": "2.0", "id": id, *key: value});
        ResponseTemplate::new(200).set_body_json(body).set_delay(self.after)
    }
}

/// Starts a server that answers everything with `response` and expects `expected` requests.
async fn server(response: impl Respond + 'static, expected: u64) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).expect(expected).mount(&server).await;
    server
}

fn options() -> RpcOptions {
    RpcOptions {
        cooldown: Duration::from_secs(3600),
        longest_cooldown: Duration::from_secs(7200),
        ..RpcOptions::default()
    }
}

fn pool(servers: &[&MockServer], options: RpcOptions) -> RpcPool {
    let urls = servers.iter().map(|server| server.uri()).collect();
    RpcPool::new(&NetworkId::new("test"), urls, http_client().expect("client"), options).expect("pool")
}

async fn ask(pool: &RpcPool) -> Result<u64, RpcFailure> {
    pool.call("eth_test", json!([])).await
}

#[tokio::test]
async fn a_failing_endpoint_is_skipped_and_rests() {
    for response in [
        ResponseTemplate::new(503),
        ResponseTemplate::new(429),
        ResponseTemplate::new(401).set_body_string("bad key"),
        ResponseTemplate::new(302).insert_header("location", "http://localhost/"),
        ResponseTemplate::new(200).set_body_string("<html>busy</html>"),
        ResponseTemplate::new(200).set_body_string("{\"jsonrpc\":\"2.0\",\"id\":"),
    ] {
        let first = server(response, 1).await;
        let second = server(result(json!(2)), 2).await;
        let pool = pool(&[&first, &second], options());
        assert_eq!(ask(&pool).await, Ok(2));
        assert_eq!(ask(&pool).await, Ok(2), "the first is not asked again");
        let health = pool.health();
        assert_eq!((health[0].consecutive_failures, health[1].consecutive_failures), (1, 0));
        assert!(health[0].cooling_for.is_some_and(|left| left > Duration::from_secs(3000)));
        assert!(health[1].cooling_for.is_none() && health[1].last_failure.is_none());
    }
}

#[tokio::test]
async fn an_answer_for_another_request_is_refused() {
    let wrong = Says { id_offset: 1, ..result(json!(1)) };
    let first = server(wrong, 1).await;
    let failure = ask(&pool(&[&first], options())).await;
    assert!(matches!(failure, Err(RpcFailure::BadAnswer(_))), "{failure:?}");
}

#[tokio::test]
async fn an_error_of_a_node_is_an_answer_and_busy_is_not() {
    let first = server(error(3, "execution reverted"), 2).await;
    let second = server(result(json!(2)), 0).await;
    let both = pool(&[&first, &second], options());
    for _ in 0..2 {
        let message = "execution reverted".to_owned();
        assert_eq!(ask(&both).await, Err(RpcFailure::Node { code: 3, message, data: None }));
    }
    for code in [-32005, 429] {
        let first = server(error(code, "limit exceeded"), 1).await;
        let second = server(result(json!(2)), 1).await;
        assert_eq!(ask(&pool(&[&first, &second], options())).await, Ok(2));
    }
}

#[tokio::test]
async fn an_error_object_under_an_http_error_is_still_an_answer() {
    struct BadRequest;
    impl Respond for BadRequest {
        fn respond(&self, request: &Request) -> ResponseTemplate {
            let request: Value = serde_json::from_slice(&request.body).expect("a JSON request");
            let error = json!({"code": -32602, "message": "invalid params"});
            let answer = json!({"jsonrpc": "2.0", "id": request["id"], "error": error});
            ResponseTemplate::new(400).set_body_json(answer)
        }
    }
    let first = server(BadRequest, 1).await;
    let second = server(result(json!(2)), 0).await;
    let failure = ask(&pool(&[&first, &second], options())).await;
    assert!(matches!(failure, Err(RpcFailure::Node { code: -32602, .. })), "{failure:?}");
}

#[tokio::test]
async fn a_login_in_the_url_goes_into_the_header() {
    let server = MockServer::start().await;
    let granted = Mock::given(header("authorization", "Basic dXNlcjpwYXNzd29yZA=="));
    granted.respond_with(result(json!(1))).expect(1).mount(&server).await;
    let url = server.uri().replace("http://", "http://user:password@");
    let client = http_client().expect("client");
    let pool = RpcPool::new(&NetworkId::new("test"), vec![url], client, options()).expect("pool");
    assert_eq!(ask(&pool).await, Ok(1));
}

#[tokio::test]
async fn an_answer_after_a_redirect_is_refused() {
    let target = server(result(json!(1)), 1).await;
    let redirect = ResponseTemplate::new(307).insert_header("location", target.uri());
    let first = server(redirect, 1).await;
    let id = NetworkId::new("test");
    let pool = RpcPool::new(&id, vec![first.uri()], reqwest::Client::new(), options()).expect("pool");
    assert!(matches!(ask(&pool).await, Err(RpcFailure::Unreachable(_))));
}

#[tokio::test]
async fn a_slow_node_is_skipped() {
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(600));
    let first = server(slow, 1).await;
    let second = server(result(json!(2)), 1).await;
    // Long enough for the second, which answers at once.
    let options = RpcOptions { timeout: Duration::from_secs(2), ..options() };
    assert_eq!(ask(&pool(&[&first, &second], options)).await, Ok(2));
}

#[tokio::test]
async fn a_node_that_answers_slowly_rests_where_there_is_another() {
    let late = Says { after: Duration::from_millis(200), ..result(json!(1)) };
    let options =
        RpcOptions { slow: Duration::from_millis(100), cooldown: Duration::from_secs(600), ..options() };
    let (first, second) = (server(late.clone(), 1).await, server(result(json!(2)), 1).await);
    let two = pool(&[&first, &second], options.clone());
    assert_eq!((ask(&two).await, ask(&two).await), (Ok(1), Ok(2)));
    assert!(two.health()[0].last_failure.as_ref().is_some_and(|why| why.contains("took")));

    let alone = server(late.clone(), 2).await;
    let one = pool(&[&alone], options.clone());
    assert_eq!((ask(&one).await, ask(&one).await), (Ok(1), Ok(1)));
    assert_eq!(one.health()[0].consecutive_failures, 0);

    // The duration of a run depends on the code that runs.
    let (first, second) = (server(late, 1).await, server(result(json!(2)), 0).await);
    let two = pool(&[&first, &second], options);
    assert_eq!(two.call::<u64>("eth_call", json!([])).await, Ok(1));
    assert_eq!(two.health()[0].consecutive_failures, 0);
}

#[tokio::test]
async fn an_answer_may_not_be_larger_than_allowed() {
    let large = || result(json!("x".repeat(5000)));
    let first = server(large(), 1).await;
    let failure = ask(&pool(&[&first], RpcOptions { max_answer: 4999, ..options() })).await;
    assert_eq!(failure, Err(RpcFailure::TooLarge(4999)));
    assert!(failure.is_err_and(|why| why.to_string().contains("4999")));
    let second = server(large(), 1).await;
    let text =
        pool(&[&second], RpcOptions { max_answer: 6000, ..options() }).call::<String>("x", json!([])).await;
    assert_eq!(text.map(|text| text.len()), Ok(5000));
}

#[tokio::test]
async fn a_size_chosen_by_others_is_no_failure_of_the_node() {
    for (method, failures) in [
        ("eth_call", 0),
        ("eth_estimateGas", 0),
        ("eth_simulateV1", 0),
        ("eth_getTransactionReceipt", 0),
        ("getMultipleAccounts", 0),
        ("eth_chainId", 1),
    ] {
        let node = server(result(json!("x".repeat(5000))), 1).await;
        let pool = pool(&[&node], RpcOptions { max_answer: 4999, ..options() });
        let answer = pool.call::<String>(method, json!([])).await;
        assert_eq!(answer, Err(RpcFailure::TooLarge(4999)), "{method}");
        assert_eq!(pool.health()[0].consecutive_failures, failures, "{method}");
    }
}

#[tokio::test]
async fn a_result_of_another_type_is_a_bad_answer() {
    let first = server(result(json!({"not": "a number"})), 1).await;
    assert!(matches!(ask(&pool(&[&first], options())).await, Err(RpcFailure::BadAnswer(_))));
    let first = server(result(Value::Null), 1).await;
    let nothing: Result<Option<u64>, _> = pool(&[&first], options()).call("x", json!([])).await;
    assert_eq!(nothing, Ok(None));
}

#[tokio::test]
async fn if_all_rest_the_one_whose_rest_ends_first_is_asked() {
    let first = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(500)).up_to_n_times(1).mount(&first).await;
    Mock::given(any()).respond_with(result(json!(1))).mount(&first).await;
    let second = server(ResponseTemplate::new(500), 1).await;
    let pool = pool(&[&first, &second], options());
    assert_eq!(ask(&pool).await, Err(RpcFailure::Unreachable("HTTP 500".into())), "each once per call");
    assert_eq!(ask(&pool).await, Ok(1));
    assert_eq!(pool.health()[0].consecutive_failures, 0);
}

#[tokio::test]
async fn no_part_of_a_url_is_shown() {
    let server = server(error(-32000, "key s3cr3tk3y99 is over its limit"), 1).await;
    let url = format!("{}/v2/s3cr3tk3y99", server.uri());
    let client = http_client().expect("client");
    let id = NetworkId::new("test");
    let pool = RpcPool::new(&id, vec![url.clone()], client.clone(), options()).expect("pool");
    let failure = ask(&pool).await.expect_err("a node error");
    assert_eq!(failure.to_string(), "error -32000: key *** is over its limit");
    drop(server);

    let closed = "http://127.0.0.1:1/v2/s3cr3tk3y99".to_owned();
    let pool = RpcPool::new(&id, vec![closed], client.clone(), options()).expect("pool");
    let failure = ask(&pool).await.expect_err("no listener");
    let shown = format!("{failure} {failure:?} {:?} {pool:?}", pool.health());
    let chain_error = failure.into_chain_error(&id);
    let shown = format!("{shown} {chain_error} {chain_error:?}");
    assert!(!shown.contains("s3cr3t") && !shown.contains("127.0.0.1"), "{shown}");

    let malformed = RpcPool::new(&id, vec!["ftp://s3cr3tk3y99".into()], client.clone(), options());
    assert!(matches!(&malformed, Err(ChainError::Refused(_))));
    assert!(!format!("{malformed:?}").contains("s3cr3t"));
    assert!(RpcPool::new(&id, vec![], client, options()).is_err(), "no endpoint at all");
}

#[tokio::test]
async fn an_endpoint_must_first_report_the_expected_chain() {
    let wrong = server(result(json!("0x1")), 1).await;
    let right = MockServer::start().await;
    let named = Mock::given(body_partial_json(json!({"method": "eth_chainId"})));
    named.respond_with(result(json!("0x2"))).expect(1).mount(&right).await;
    let asked = Mock::given(body_partial_json(json!({"method": "eth_test"})));
    asked.respond_with(result(json!(2))).expect(2).mount(&right).await;
    let both = pool(&[&wrong, &right], options()).expecting("eth_chainId", json!([]), json!("0x2"));
    assert_eq!(ask(&both).await, Ok(2));
    assert_eq!(ask(&both).await, Ok(2), "identified once");
    assert_eq!(both.singles().len(), 2);
    let only = pool(&[&wrong], options()).singles().remove(0);
    assert_eq!(only.health().len(), 1);
}

#[tokio::test]
async fn an_endpoint_is_identified_again_after_a_failure() {
    let node = MockServer::start().await;
    let method = |name: &str| Mock::given(body_partial_json(json!({"method": name})));
    method("eth_chainId").respond_with(result(json!("0x2"))).up_to_n_times(1).mount(&node).await;
    method("eth_chainId").respond_with(result(json!("0x1"))).expect(1).mount(&node).await;
    method("eth_test").respond_with(ResponseTemplate::new(502)).expect(1).mount(&node).await;
    let pool = pool(&[&node], options()).expecting("eth_chainId", json!([]), json!("0x2"));
    assert_eq!(ask(&pool).await, Err(RpcFailure::Unreachable("HTTP 502".into())));
    assert_eq!(ask(&pool).await, Err(RpcFailure::WrongChain("0x1".into())), "another node took its place");
}

#[tokio::test]
async fn unrequested_content_of_an_answer_is_never_kept() {
    #[derive(serde::Deserialize)]
    struct Head {
        hash: String,
    }
    let junk = || Value::Array(vec![json!({"a": 0}); 20_000]);
    let long = server(result(junk()), 1).await;
    let failure = pool(&[&long], options()).call::<Value>("eth_blockNumber", json!([])).await;
    assert_eq!(failure, Err(RpcFailure::TooLarge(65536)));
    // Where a large answer is permitted, unrequested content is skipped and not parsed into values.
    let beside =
        json!({"jsonrpc": "2.0", "id": 1, "result": {"hash": "0x1", "more": junk()}, "more": junk()});
    let padded = server(ResponseTemplate::new(200).set_body_json(beside), 1).await;
    let head: Result<Head, _> = pool(&[&padded], options()).call("eth_getBlockByNumber", json!([])).await;
    assert_eq!(head.map(|head| head.hash), Ok("0x1".to_owned()));
    let explained = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 3, "message": "no", "data": junk()}});
    let explained = server(ResponseTemplate::new(200).set_body_json(explained), 1).await;
    let failure = pool(&[&explained], options()).call::<Value>("eth_call", json!([])).await;
    assert_eq!(failure, Err(RpcFailure::Node { code: 3, message: "no".to_owned(), data: None }));
}
