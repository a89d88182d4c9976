//! The ways to the metrics, and the addresses that do not lead there.

use crate::daemon::{Daemon, PASSWORD, read};

#[tokio::test]
async fn the_socket_and_an_address_of_their_own_give_the_metrics_and_the_port_of_the_api_does_not() {
    let daemon = Daemon::start().await;
    let at = |url: &str| daemon.http.get(format!("{url}/metrics")).send();
    for answer in [daemon.ask_locally("GET", "/metrics").send().await, at(&daemon.monitoring).await] {
        let answer = answer.expect("answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        let text = answer.text().await.expect("text");
        assert!(text.contains("\nwaiaas_signing_stopped 0\n"), "{text}");
        assert!(text.ends_with('\n'), "{text}");
    }
    for request in [
        daemon.ask("GET", "/metrics"),
        daemon.ask("GET", "/metrics").header("x-master-password", PASSWORD),
        daemon.ask("GET", "/metrics").header("x-forwarded-for", "127.0.0.1"),
    ] {
        let (status, body) = read(request).await;
        assert_eq!((status, body["code"].as_str()), (404, Some("NOT_FOUND")), "{body}");
    }
}

#[tokio::test]
async fn the_address_for_monitoring_gives_nothing_else() {
    let daemon = Daemon::start().await;
    let ask = |method: reqwest::Method, path: &str| {
        daemon.http.request(method, format!("{}{path}", daemon.monitoring))
    };
    for path in ["/", "/health", "/doc", "/v1/wallets", "/v1/admin/status", "/v1/admin/kill-switch"] {
        let (status, body) =
            read(ask(reqwest::Method::GET, path).header("x-master-password", PASSWORD)).await;
        assert_eq!((status, body["code"].as_str()), (404, Some("NOT_FOUND")), "{path}: {body}");
    }
    let (status, _) = read(ask(reqwest::Method::POST, "/metrics")).await;
    assert_eq!(status, 405);
    // Pages of a browser on this machine are other programs too.
    let (status, body) = read(ask(reqwest::Method::GET, "/metrics").header("host", "evil.example")).await;
    assert_eq!((status, body["code"].as_str()), (421, Some("HOST_NOT_ALLOWED")), "{body}");
    let foreign = ask(reqwest::Method::GET, "/metrics").header("origin", "https://evil.example");
    let (status, body) = read(foreign).await;
    assert_eq!((status, body["code"].as_str()), (403, Some("ORIGIN_NOT_ALLOWED")), "{body}");
}

#[tokio::test]
async fn paths_that_callers_make_up_are_one_series() {
    let daemon = Daemon::start().await;
    for path in ["/made-up/1", "/made-up/2", "/v1/wallets/made-up-3?key=made-up-4"] {
        read(daemon.ask("GET", path)).await;
    }
    let metrics = daemon.ask_locally("GET", "/metrics").send().await.expect("answer");
    let text = metrics.text().await.expect("text");
    assert!(!text.contains("made-up"), "{text}");
    assert!(text.contains("waiaas_http_requests_total{operation=\"other\",status=\"4xx\"} 2\n"), "{text}");
}
