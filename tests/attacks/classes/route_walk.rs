//! Every route, with every credential that is not its own.
//!
//! A naive design attaches authentication by listing path patterns, and forgets one. The list of routes
//! is the daemon's own document, and routes it does not mention are tried as well.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use e2e::{Answer, Api};
use reqwest::Method;
use serde_json::Value;

use super::evm_bystander;
use crate::kit::{Class, Needs, Target};

/// Administrative routes that other designs have, and that must not answer any caller.
const UNLISTED: [(&str, &str); 24] = [
    ("POST", "/v1/admin/agent-prompt"),
    ("GET", "/v1/admin/oracle-status"),
    ("GET", "/v1/admin/wallet-apps"),
    ("POST", "/v1/admin/wallet-apps/register"),
    ("PUT", "/v1/admin/settings"),
    ("GET", "/v1/admin/settings"),
    ("GET", "/v1/admin/api-keys"),
    ("POST", "/v1/wallets/{id}/withdraw"),
    ("DELETE", "/v1/wallets/{id}/purge"),
    ("POST", "/v1/wallets/{id}/purge"),
    ("POST", "/v1/wallets/{id}/export"),
    ("GET", "/v1/wallets/{id}/private-key"),
    ("PUT", "/v1/wallets/{id}/provider"),
    ("POST", "/v1/wallets/{id}/userop/build"),
    ("POST", "/v1/wallets/{id}/userop/sign"),
    ("POST", "/v1/wallet/wc/pair"),
    ("GET", "/v1/tokens/resolve"),
    ("POST", "/v1/rpc-evm/evm-localnet"),
    ("POST", "/v1/transactions/{id}/approve/"),
    ("POST", "/v1//transactions/send"),
    ("POST", "/v1/transactions/send/"),
    ("POST", "/V1/TRANSACTIONS/SEND"),
    ("GET", "/v1/admin/../admin/status"),
    ("GET", "/v1/sessions/%2e%2e/admin/status"),
];

/// Ways to present a token that are not the one that counts.
const MISPLACED: [&str; 7] =
    ["query", "cookie", "basic", "lower-case scheme twice", "x-session-token", "x-api-key", "no scheme"];

struct Route {
    method: Method,
    path: String,
    session: bool,
    master: bool,
    owner: bool,
}

async fn routes(target: &Target) -> Result<Vec<Route>> {
    let document = target.anonymous().get("/doc").await?.expect(200)?;
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().context("paths")? {
        for (method, operation) in operations.as_object().context("operations")? {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let schemes = operation["security"].as_array().cloned().unwrap_or_default();
            let has = |name: &str| schemes.iter().any(|scheme| scheme.get(name).is_some());
            routes.push(Route {
                path: path.clone(),
                session: has("session"),
                master: has("master"),
                owner: has("ownerSignature"),
                method,
            });
        }
    }
    ensure!(routes.len() > 40, "the document lists {} routes", routes.len());
    Ok(routes)
}

/// Calls with ids that exist, so that only the credential can be missing.
async fn call(target: &Arc<Target>, api: &Api, method: Method, path: &str) -> Result<Answer> {
    let victim = evm_bystander(target).await?;
    let id = match path {
        path if path.contains("/sessions/") => &victim.session,
        path if path.contains("/wallets/") => &victim.wallet,
        _ => &victim.wallet,
    };
    let path = path.replace("{id}", id).replace("{walletId}", &victim.wallet);
    api.raw(method, &path, "application/json", b"{}".to_vec()).await
}

/// No access: a refusal of the credential, or no such route.
fn shut(answer: &Answer, also: &[u16]) -> Result<()> {
    let fine = matches!(answer.status, 401 | 403) || also.contains(&answer.status);
    ensure!(fine, "HTTP {}: {}", answer.status, answer.body);
    ensure!(!answer.body.to_string().contains("wai_sess_ey"), "a token: {}", answer.body);
    Ok(())
}

/// Whether the victim is as it was: active, linked, and with a session that works.
async fn untouched(target: &Arc<Target>) -> Result<()> {
    let victim = evm_bystander(target).await?;
    let seen = victim.api.get(&format!("/v1/wallets/{}", victim.wallet)).await?.expect(200)?;
    ensure!(seen["status"] == "ACTIVE" && seen["address"] == victim.address.as_str(), "{seen}");
    let owner = &seen["ownerAddress"];
    ensure!(owner.is_null(), "the wallet has an owner: {seen}");
    Ok(())
}

pub(crate) async fn class(target: &Arc<Target>) -> Result<Class> {
    let mut class = Class::new("route walk");
    for route in routes(target).await? {
        if !(route.session || route.master || route.owner) {
            continue;
        }
        let (method, path) = (route.method.clone(), route.path.clone());
        class.case(Needs::Daemon, format!("{method} {path} with nothing"), move |target| async move {
            shut(&call(&target, &target.anonymous(), method, &path).await?, &[])?;
            untouched(&target).await
        });
        if !route.session {
            let (method, path) = (route.method.clone(), route.path.clone());
            class.case(Needs::Daemon, format!("{method} {path} with a session"), move |target| async move {
                let api = evm_bystander(&target).await?.api.clone();
                shut(&call(&target, &api, method, &path).await?, &[])?;
                untouched(&target).await
            });
        }
        if !route.master {
            let (method, path) = (route.method, route.path);
            class.case(
                Needs::Daemon,
                format!("{method} {path} with the master password"),
                move |target| async move {
                    shut(&call(&target, &target.operator(), method, &path).await?, &[])?;
                    untouched(&target).await
                },
            );
        }
    }
    for (method, path) in UNLISTED {
        class.case(Needs::Daemon, format!("unlisted {method} {path}"), move |target| async move {
            for api in [target.anonymous(), evm_bystander(&target).await?.api.clone()] {
                let answer = call(&target, &api, method.parse()?, path).await?;
                shut(&answer, &[400, 404, 405])?;
            }
            untouched(&target).await
        });
    }
    for way in MISPLACED {
        class.case(Needs::Daemon, format!("a token by {way}"), move |target| async move {
            let victim = evm_bystander(&target).await?;
            let (api, token) = (target.anonymous(), victim.token.as_str());
            let mut path = "/v1/wallet/address".to_owned();
            let api = match way {
                "query" => {
                    path = format!("{path}?token={token}&access_token={token}");
                    api
                }
                "cookie" => api.header("cookie", &format!("session={token}; token={token}")),
                "basic" => api.header("authorization", &format!("Basic {token}")),
                "lower-case scheme twice" => api.header("authorization", &format!("bearer bearer {token}")),
                "x-session-token" => api.header("x-session-token", token),
                "x-api-key" => api.header("x-api-key", token),
                _ => api.header("authorization", token),
            };
            shut(&api.get(&path).await?, &[400])
        });
    }
    for (name, host) in [
        ("another host", "attacker.example"),
        ("a host that begins like ours", "localhost.attacker.example"),
        ("an address of the cloud's metadata", "169.254.169.254"),
        ("a host behind user information", "localhost@attacker.example"),
    ] {
        class.case(Needs::Daemon, format!("DNS rebinding to {name}"), move |target| async move {
            let api = evm_bystander(&target).await?.api.clone().header("host", host);
            let answer = api.get("/v1/wallet/address").await?;
            ensure!((400..500).contains(&answer.status), "HTTP {}: {}", answer.status, answer.body);
            let told: &Value = &answer.body["address"];
            ensure!(told.is_null(), "the address is told to {host}");
            Ok(())
        });
    }
    Ok(class)
}
