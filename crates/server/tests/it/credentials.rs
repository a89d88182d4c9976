//! Every operation takes the credential it says, and nothing less.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use waiaas_server::{AuthClass, Route, inventory, openapi_json};

use crate::daemon::{Daemon, read};

const ID: &str = "018f3a4e-0000-7000-8000-000000000001";

fn concrete(route: &Route) -> String {
    route.path.replace("{id}", ID).replace("{walletId}", ID)
}

fn documented() -> BTreeMap<(String, String), BTreeSet<BTreeSet<String>>> {
    let document: Value = serde_json::from_str(&openapi_json()).expect("document");
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("item") {
            let alternatives = operation["security"].as_array().expect("security is always stated");
            let names = |scheme: &Value| scheme.as_object().expect("scheme").keys().cloned().collect();
            operations
                .insert((method.to_uppercase(), path.clone()), alternatives.iter().map(names).collect());
        }
    }
    operations
}

fn schemes(auth: AuthClass) -> BTreeSet<BTreeSet<String>> {
    let alternatives: &[&[&str]] = match auth {
        AuthClass::Public => &[],
        AuthClass::Session => &[&["session"]],
        AuthClass::Master | AuthClass::LocalMaster => &[&["master"]],
        AuthClass::Owner => &[&["ownerSignature", "ownerMessage"]],
        AuthClass::SessionOrMaster => &[&["session"], &["master"]],
    };
    alternatives.iter().map(|names| names.iter().map(|name| (*name).to_owned()).collect()).collect()
}

#[test]
fn the_document_and_the_register_say_the_same() {
    let mut documented = documented();
    for route in inventory() {
        let stated = documented.remove(&(route.method.to_owned(), route.path.clone()));
        assert_eq!(stated, Some(schemes(route.auth)), "{} {}", route.method, route.path);
    }
    assert!(documented.is_empty(), "not registered: {documented:?}");
}

#[test]
fn only_these_operations_are_public() {
    let routes = inventory();
    let public =
        routes.iter().filter(|route| route.auth == AuthClass::Public).map(|route| route.path.as_str());
    assert_eq!(
        public.collect::<BTreeSet<_>>(),
        BTreeSet::from([
            "/health",
            "/doc",
            "/v1/proof",
            "/v1/changes/{id}/approval",
            "/v1/transactions/{id}/approval"
        ])
    );
    let owners = routes.iter().filter(|route| route.auth == AuthClass::Owner).count();
    assert_eq!(owners, 5, "approve and reject a transaction or a change, verify");
}

#[test]
fn operation_ids_are_unique_and_errors_documented() {
    let document: Value = serde_json::from_str(&openapi_json()).expect("document");
    assert_eq!(document["openapi"], "3.1.0");
    let mut seen = BTreeSet::new();
    for operation in
        document["paths"].as_object().expect("paths").values().flat_map(|i| i.as_object()).flatten()
    {
        let id = operation.1["operationId"].as_str().expect("id");
        assert!(seen.insert(id.to_owned()), "{id} twice");
        let responses = operation.1["responses"].as_object().expect("responses");
        assert!(!responses.contains_key("default"), "{id} lists every answer");
        assert!(responses.contains_key("500") && responses.contains_key("503"), "{id}");
        for (status, response) in responses {
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{id} {status}");
            if status.starts_with('2') {
                continue;
            }
            let reference = &response["content"]["application/json"]["schema"]["$ref"];
            assert_eq!(reference, "#/components/schemas/Problem", "{id} {status}");
            let codes = response["x-waiaas-codes"].as_array().expect("codes");
            let known = document["components"]["schemas"]["ErrorCode"]["enum"].as_array().expect("all codes");
            assert!(!codes.is_empty() && codes.iter().all(|code| known.contains(code)), "{id} {status}");
        }
    }
    assert_eq!(openapi_json(), openapi_json());
}

#[test]
fn every_reference_in_the_document_resolves() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|v| references(v, found));
            }
            Value::Array(list) => list.iter().for_each(|v| references(v, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document: Value = serde_json::from_str(&openapi_json()).expect("document");
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("local");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn nothing_but_the_public_routes_opens_without_a_credential() {
    let daemon = Daemon::with(&[("security.rate_limit_global_ip_rpm", "10000")]).await;
    for route in inventory().iter().filter(|route| route.auth != AuthClass::Public) {
        // A body that would be refused shows that the credential is looked at first.
        let request =
            daemon.ask(route.method, &concrete(route)).header("content-type", "text/plain").body("x");
        let (status, body) = read(request).await;
        assert_eq!(status, 401, "{} {}: {body}", route.method, route.path);
    }
}

#[tokio::test]
async fn a_credential_opens_only_its_own_routes() {
    let daemon = Daemon::with(&[
        ("security.rate_limit_global_ip_rpm", "10000"),
        ("security.rate_limit_session_rpm", "10000"),
    ])
    .await;
    let wallet = daemon.wallet("main").await;
    let token = daemon.agent_header(&daemon.session(&wallet).await);
    for route in inventory() {
        let request =
            daemon.ask(route.method, &concrete(&route)).header("content-type", "text/plain").body("x");
        let (with_session, body) = read(request.header("authorization", &token)).await;
        let opens = matches!(route.auth, AuthClass::Session | AuthClass::SessionOrMaster | AuthClass::Public);
        assert_eq!(with_session != 401, opens, "session on {} {}: {body}", route.method, route.path);
        let request =
            daemon.ask(route.method, &concrete(&route)).header("content-type", "text/plain").body("x");
        let harmless = request.header("x-master-password", crate::daemon::PASSWORD);
        let opens = !matches!(route.auth, AuthClass::Session | AuthClass::Owner);
        if opens && route.path.starts_with("/v1/admin/") && route.method == "POST" {
            continue;
        }
        let (with_master, body) = read(harmless).await;
        assert_eq!(with_master != 401, opens, "master on {} {}: {body}", route.method, route.path);
    }
}

#[tokio::test]
async fn two_credentials_are_one_too_many() {
    let daemon = Daemon::start().await;
    let wallet = daemon.wallet("main").await;
    let token = daemon.agent_header(&daemon.session(&wallet).await);
    let request = daemon.ask("GET", "/v1/wallets").header("authorization", &token);
    let (status, body) = read(request.header("x-master-password", crate::daemon::PASSWORD)).await;
    assert_eq!((status, &body["code"]), (400, &json!("AMBIGUOUS_CREDENTIALS")));
}

#[tokio::test]
async fn wrong_passwords_are_refused_and_counted() {
    let daemon = Daemon::with(&[("security.master_lockout_failures", "2")]).await;
    let ask = |password: &str| read(daemon.ask("GET", "/v1/wallets").header("x-master-password", password));
    let mut codes = Vec::new();
    for _ in 0..3 {
        let (status, body) = ask("not-the-password").await;
        codes.push((status, body["code"].as_str().expect("code").to_owned()));
    }
    assert_eq!(codes[0], (401, "INVALID_MASTER_PASSWORD".to_owned()));
    assert_eq!(codes[2], (429, "MASTER_PASSWORD_LOCKED".to_owned()));
    let request = daemon.ask("GET", "/v1/wallets").header("x-master-password", "not-the-password");
    let response = request.send().await.expect("answer");
    assert!(response.headers().contains_key("retry-after"));
}
