//! The pages: their headers, and the callers that get them.

use reqwest::Response;

use crate::daemon::{Daemon, PASSWORD, read};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn page(daemon: &Daemon, method: &str) -> Response {
    daemon.ask(method, "/").header("accept", BROWSER).send().await.expect("answer")
}

#[tokio::test]
async fn a_browser_gets_a_page_that_may_load_its_style_sheet_and_nothing_else() {
    let daemon = Daemon::start().await;
    let answer = page(&daemon, "GET").await;
    assert_eq!(
        (answer.status().as_u16(), header(&answer, "content-type")),
        (200, "text/html; charset=utf-8")
    );
    for (name, expected) in [
        (
            "content-security-policy",
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ("vary", "accept"),
    ] {
        assert!(header(&answer, name).contains(expected), "{name}: {}", header(&answer, name));
    }
    assert!(!answer.headers().contains_key("set-cookie"));
    let text = answer.text().await.expect("text");
    assert!(text.contains(env!("CARGO_PKG_VERSION")) && text.contains("evm-localnet"), "{text}");
    for none in ["<script", " style=", "<form", "javascript:", "http://", "https://"] {
        assert!(!text.contains(none), "{none} in {text}");
    }

    let sheet = daemon.ask("GET", "/web/style.css").send().await.expect("answer");
    assert_eq!((sheet.status().as_u16(), header(&sheet, "content-type")), (200, "text/css; charset=utf-8"));
    assert!(header(&sheet, "content-security-policy").starts_with("default-src 'none'; frame-ancestors"));
}

#[tokio::test]
async fn other_clients_find_nothing_there_as_before() {
    let daemon = Daemon::start().await;
    for accept in ["application/json", "*/*", "text/html;q=0"] {
        let (status, body) = read(daemon.ask("GET", "/").header("accept", accept)).await;
        assert_eq!((status, body["code"].as_str()), (404, Some("NOT_FOUND")), "{accept}: {body}");
    }
    let (status, body) = read(daemon.ask("GET", "/")).await;
    assert_eq!((status, body["code"].as_str()), (404, Some("NOT_FOUND")), "{body}");
    let api = daemon.ask("GET", "/health").header("accept", BROWSER).send().await.expect("answer");
    let policy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
    assert_eq!(
        (header(&api, "content-type"), header(&api, "content-security-policy")),
        ("application/json", policy)
    );
    assert!(!api.headers().contains_key("cross-origin-opener-policy"));
}

#[tokio::test]
async fn pages_are_read_and_nothing_else() {
    let daemon = Daemon::start().await;
    let head = page(&daemon, "HEAD").await;
    assert_eq!((head.status().as_u16(), header(&head, "content-type")), (200, "text/html; charset=utf-8"));
    assert!(header(&head, "content-security-policy").contains("style-src 'self'"));
    assert_eq!(head.text().await.expect("text"), "");
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        for path in ["/", "/web/style.css"] {
            let (status, body) = read(daemon.ask(method, path).header("accept", BROWSER)).await;
            assert_eq!((status, body["code"].as_str()), (405, Some("METHOD_NOT_ALLOWED")), "{method} {path}");
        }
    }
    let foreign = daemon.ask("GET", "/").header("accept", BROWSER).header("host", "evil.example");
    assert_eq!(read(foreign).await.0, 421);
    let (status, _) = read(daemon.ask_locally("GET", "/").header("accept", BROWSER)).await;
    assert_eq!(status, 404, "the control socket has no pages");
}

#[tokio::test]
async fn it_says_whether_signing_is_stopped_and_nothing_of_wallets() {
    let daemon = Daemon::start().await;
    let wallet = daemon.wallet("treasury-of-somebody").await;
    let text = page(&daemon, "GET").await.text().await.expect("text");
    assert!(text.contains("running") && !text.contains("stopped"), "{text}");
    daemon.operator().activate_kill_switch().await.expect("activated");
    let text = page(&daemon, "GET").await.text().await.expect("text");
    assert!(text.contains("stopped: the kill switch is activated"), "{text}");
    let (id, address) = (wallet.id.to_string(), wallet.address.to_string());
    for secret in [wallet.name.as_str(), &id, &address, PASSWORD, "127.0.0.1", "drpc.org"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
