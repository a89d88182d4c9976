//! The master password against the owner's power.
//!
//! A naive design lets the operator approve by another route, replace the owner, or have waiting
//! requests judged again by looser policies. The attacker here has the master password and the session.

use std::sync::Arc;

use anyhow::{Result, ensure};
use e2e::OwnerKey;
use serde_json::{Value, json};

use crate::kit::{Class, Loot, Needs, On, Target, Victim, text};

struct Scene {
    target: Arc<Target>,
    victim: Victim,
    limit: String,
    thief: String,
    id: String,
}

/// A wallet of its own with a proved owner, and a payment that waits for that owner.
async fn scene(target: &Arc<Target>) -> Result<Scene> {
    let victim = Victim::rich(target, On::Evm).await?;
    let rules = json!({ "instant_max": "10000000000000000", "notify_max": "10000000000000000", "delay_max": "10000000000000000" });
    let limit = victim.policy(target, "SPENDING_LIMIT", rules).await?;
    victim.lock_owner(target, &OwnerKey::evm(97)?).await?;
    victim.works().await?;
    let thief = On::Evm.stranger();
    let sent = victim.pay(&thief, "1.0").await?.expect(201)?;
    ensure!(sent["status"] == "PENDING_APPROVAL", "{sent}");
    Ok(Scene { target: target.clone(), limit, thief, id: text(&sent, "id")?, victim })
}

impl Scene {
    /// The payment has not been signed, and the thief has nothing.
    async fn held(&self) -> Result<()> {
        let tx =
            self.target.operator().get(&format!("/v1/admin/transactions/{}", self.id)).await?.expect(200)?;
        let status = tx["status"].as_str().unwrap_or_default();
        ensure!(["PENDING_APPROVAL", "CANCELLED"].contains(&status), "it went on: {tx}");
        ensure!(tx["txHash"].is_null(), "signed: {tx}");
        Loot::Coins(self.thief.clone()).none(&self.target, &self.victim).await
    }

    async fn owner(&self) -> Result<Value> {
        let path = format!("/v1/wallets/{}", self.victim.wallet);
        self.target.operator().get(&path).await?.expect(200)
    }

    /// The owner is still the one who proved the key.
    async fn same_owner(&self) -> Result<()> {
        let seen = self.owner().await?;
        let owner = OwnerKey::evm(97)?.address();
        ensure!(seen["ownerState"] == "LOCKED" && seen["ownerAddress"] == owner.as_str(), "{seen}");
        Ok(())
    }
}

/// Routes by which an operator might decide in the owner's place.
const ROUTES: [(&str, &str); 8] = [
    ("POST", "/v1/transactions/{id}/approve"),
    ("POST", "/v1/admin/transactions/{id}/approve"),
    ("POST", "/v1/admin/transactions/{id}/execute"),
    ("POST", "/v1/admin/transactions/{id}/release"),
    ("PUT", "/v1/admin/transactions/{id}"),
    ("PATCH", "/v1/admin/transactions/{id}"),
    ("POST", "/v1/transactions/{id}/replace"),
    ("POST", "/v1/owner/{id}/approve"),
];

/// Routes by which the password might fetch secrets: a backup, the key store, the database, a file.
const TREASURES: [(&str, &str); 12] = [
    ("POST", "/v1/admin/backup/download"),
    ("GET", "/v1/admin/backup/download"),
    ("GET", "/v1/admin/backup"),
    ("GET", "/v1/admin/backups"),
    ("GET", "/v1/admin/backup/{name}"),
    ("GET", "/v1/admin/backups/{name}"),
    ("POST", "/v1/admin/restore"),
    ("GET", "/v1/admin/export"),
    ("GET", "/v1/admin/keystore"),
    ("GET", "/v1/admin/database"),
    ("GET", "/v1/wallets/{wallet}/export"),
    ("GET", "/v1/wallets/{wallet}/private-key"),
];

/// Routes by which the password might take the installation from the operator for good.
const RANSOMS: [(&str, &str, &str); 6] = [
    ("PUT", "/v1/admin/master-password", r#"{"newPassword":"correct horse battery staple"}"#),
    ("POST", "/v1/admin/master-password", r#"{"newPassword":"correct horse battery staple"}"#),
    ("POST", "/v1/admin/shutdown", ""),
    ("PUT", "/v1/admin/shutdown", ""),
    ("DELETE", "/v1/admin/keystore", ""),
    ("POST", "/v1/admin/reset", ""),
];

/// The thief has a backup made, then asks for it or for anything else that the password opens.
async fn fetch(target: Arc<Target>, method: &str, path: &str) -> Result<()> {
    let (_daemon, target) = target.beside(|_| {})?;
    let operator = target.operator();
    let body = json!({ "name": "victim", "chain": "ethereum", "environment": "local" });
    let wallet = text(&operator.post("/v1/wallets", body).await?.expect(201)?, "id")?;
    let made = operator.post_empty("/v1/admin/backup").await?.expect(200)?;
    let path = path.replace("{name}", &text(&made, "filename")?).replace("{wallet}", &wallet);
    let answer = operator.raw(method.parse()?, &path, "application/json", Vec::new()).await?;
    ensure!((400..500).contains(&answer.status), "HTTP {}: {}", answer.status, answer.body);
    Ok(())
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("master password against the owner");
    for (method, path) in ROUTES {
        class.case(Needs::Nodes, format!("{method} {path}"), move |target| async move {
            let scene = scene(&target).await?;
            let path = path.replace("{id}", &scene.id);
            let body = br#"{"status":"APPROVED"}"#.to_vec();
            let answer = target.operator().raw(method.parse()?, &path, "application/json", body).await?;
            ensure!((400..500).contains(&answer.status), "HTTP {}: {}", answer.status, answer.body);
            scene.held().await
        });
    }
    for (method, path) in TREASURES {
        class.case(Needs::Own, format!("the keys by {method} {path}"), move |target| {
            fetch(target, method, path)
        });
    }
    class.case(Needs::Nodes, "raising the limit under a waiting payment", |target| async move {
        let scene = scene(&target).await?;
        let most = "100000000000000000000";
        let rules = json!({ "instant_max": most, "notify_max": most, "delay_max": most });
        let path = format!("/v1/policies/{}", scene.limit);
        target.operator().put(&path, json!({ "rules": rules })).await?;
        scene.victim.works().await?; // Something else runs; the worker has been round.
        scene.held().await
    });
    class.case(Needs::Nodes, "deleting the limit under a waiting payment", |target| async move {
        let scene = scene(&target).await?;
        target.operator().delete(&format!("/v1/policies/{}", scene.limit)).await?;
        let probe = scene.victim.pay(&On::Evm.stranger(), "0.001").await?;
        ensure!(probe.status == 403, "without a limit: HTTP {}: {}", probe.status, probe.body);
        scene.held().await
    });
    class.case(Needs::Nodes, "replacing the owner", |target| async move {
        let scene = scene(&target).await?;
        let path = format!("/v1/wallets/{}/owner", scene.victim.wallet);
        let body = json!({ "ownerAddress": OwnerKey::evm(98)?.address() });
        let answer = target.operator().put(&path, body).await?;
        ensure!((400..500).contains(&answer.status), "HTTP {}: {}", answer.status, answer.body);
        scene.same_owner().await?;
        scene.held().await
    });
    class.case(Needs::Nodes, "replacing the owner with the successor's signature", |target| async move {
        let scene = scene(&target).await?;
        let path = format!("/v1/wallets/{}/owner", scene.victim.wallet);
        let next = OwnerKey::evm(98)?;
        let body = json!({ "ownerAddress": next.address() });
        let told = target.operator().put(&path, body.clone()).await?;
        let forged = next.answering(&target.operator(), &told.body["details"]["challenge"])?;
        let answer = forged.put(&path, body).await?;
        ensure!((400..500).contains(&answer.status), "HTTP {}: {}", answer.status, answer.body);
        scene.same_owner().await?;
        scene.held().await
    });
    // Deleting the limit is no attempt: without one nothing may be spent.
    for attempt in ["another owner", "no owner", "a higher limit", "termination"] {
        let name = format!("{attempt} while the wallet is being handed over");
        class.case(Needs::Nodes, name, move |target| async move {
            let scene = scene(&target).await?;
            let (operator, wallet) = (target.operator(), format!("/v1/wallets/{}", scene.victim.wallet));
            let owner = format!("{wallet}/owner");
            let next = json!({ "ownerAddress": OwnerKey::evm(98)?.address() });
            let asked =
                operator.put(&owner, next.clone()).await?.expect(409)?["details"]["challenge"].clone();
            let handed =
                OwnerKey::evm(97)?.answering(&operator, &asked)?.put(&owner, next).await?.expect(200)?;
            ensure!(handed["ownerState"] == "LOCKED", "open: {handed}");
            let limit = format!("/v1/policies/{}", scene.limit);
            let most = "100000000000000000000";
            let rules = json!({ "instant_max": most, "notify_max": most, "delay_max": most });
            let answer = match attempt {
                "another owner" => {
                    let thief = json!({ "ownerAddress": OwnerKey::evm(99)?.address() });
                    operator.put(&owner, thief).await?
                }
                "no owner" => operator.delete(&owner).await?,
                "a higher limit" => operator.put(&limit, json!({ "rules": rules })).await?,
                _ => operator.delete(&wallet).await?,
            };
            ensure!([202, 403, 409].contains(&answer.status), "HTTP {}: {}", answer.status, answer.body);
            scene.same_owner().await?;
            scene.held().await
        });
    }
    class.case(Needs::Nodes, "removing the owner", |target| async move {
        let scene = scene(&target).await?;
        let path = format!("/v1/wallets/{}/owner", scene.victim.wallet);
        let answer = target.operator().delete(&path).await?;
        ensure!((400..500).contains(&answer.status), "HTTP {}: {}", answer.status, answer.body);
        scene.same_owner().await?;
        scene.held().await
    });
    class.case(Needs::Nodes, "an approval of the operator's own owner", |target| async move {
        let scene = scene(&target).await?;
        let path = format!("/v1/transactions/{}", scene.id);
        let asked = target.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
        let mine = OwnerKey::evm(98)?.answering(&target.operator(), &asked["approve"])?;
        let answer = mine.post_empty(&format!("{path}/approve")).await?;
        ensure!((400..500).contains(&answer.status), "HTTP {}: {}", answer.status, answer.body);
        scene.held().await
    });
    class.case(Needs::Nodes, "a session with claims of the owner", |target| async move {
        let scene = scene(&target).await?;
        let body = json!({ "walletId": scene.victim.wallet, "role": "owner", "canApprove": true });
        let answer = target.operator().post("/v1/sessions", body).await?;
        ensure!(answer.status == 400, "HTTP {}: {}", answer.status, answer.body);
        scene.held().await
    });
    class.case(Needs::Nodes, "suspending and resuming the wallet", |target| async move {
        let scene = scene(&target).await?;
        let act = |act: &str| format!("/v1/wallets/{}/{act}", scene.victim.wallet);
        target.operator().post_empty(&act("suspend")).await?.expect(200)?;
        target.operator().post_empty(&act("resume")).await?.expect(202)?;
        ensure!(scene.owner().await?["status"] == "SUSPENDED", "resumed without the owner");
        scene.same_owner().await?;
        scene.held().await
    });
    class.case(Needs::Nodes, "terminating the wallet", |target| async move {
        let scene = scene(&target).await?;
        let answer = target.operator().delete(&format!("/v1/wallets/{}", scene.victim.wallet)).await?;
        ensure!(answer.status == 403, "HTTP {}: {}", answer.status, answer.body);
        ensure!(scene.owner().await?["status"] == "ACTIVE", "terminated without the owner");
        scene.same_owner().await?;
        scene.held().await
    });
    for (method, path, body) in RANSOMS {
        class.case(
            Needs::Own,
            format!("locking the operator out by {method} {path}"),
            move |target| async move {
                let (_daemon, target) = target.beside(|_| {})?;
                let body = body.as_bytes().to_vec();
                let answer = target.operator().raw(method.parse()?, path, "application/json", body).await?;
                ensure!((400..500).contains(&answer.status), "HTTP {}: {}", answer.status, answer.body);
                // The password that the operator has still opens, and the daemon runs.
                target.operator().get("/v1/admin/status").await?.expect(200).map(drop)
            },
        );
    }
    class.case(Needs::Nodes, "naming an owner in a new wallet's request", |target| async move {
        let body = json!({
            "name": format!("attack-{}", uuid::Uuid::now_v7()), "chain": "ethereum", "environment": "local",
            "ownerAddress": OwnerKey::evm(98)?.address(), "ownerState": "LOCKED",
        });
        let answer = target.operator().post("/v1/wallets", body).await?;
        if let Some(id) = answer.body["id"].as_str() {
            target.remember(id);
        }
        ensure!(answer.body["ownerState"] != "LOCKED", "an owner without proof: {}", answer.body);
        Ok(())
    });
    class
}
