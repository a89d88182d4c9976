//! The operator alone loosens the protection of a wallet that has an owner.
//!
//! A naive design asks the owner for large payments and lets the operator move the
//! limit for large ones. The attacker here has the master password and the session, and wants a payment that
//! goes out without the owner.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use e2e::{Answer, OwnerKey};
use serde_json::{Value, json};

use crate::kit::{Class, Loot, Needs, On, Target, Victim};

const MOST: &str = "100000000000000000000";
const LITTLE: &str = "10000000000000000";

fn owner() -> Result<OwnerKey> {
    OwnerKey::evm(96)
}

fn up_to(wei: &str) -> Value {
    json!({ "instant_max": wei, "notify_max": wei, "delay_max": wei })
}

/// A wallet that may send a little to any address on its list, with a proved owner.
struct Scene {
    target: Arc<Target>,
    victim: Victim,
    limit: String,
    list: String,
    thief: String,
}

async fn scene(target: &Arc<Target>) -> Result<Scene> {
    let victim = Victim::rich(target, On::Evm).await?;
    let limit = victim.policy(target, "SPENDING_LIMIT", up_to(LITTLE)).await?;
    victim.works().await?;
    let friend = json!({ "allowed_addresses": ["0x000000000000000000000000000000000000beef"] });
    let list = victim.policy(target, "WHITELIST", friend).await?;
    victim.lock_owner(target, &owner()?).await?;
    Ok(Scene { target: target.clone(), victim, limit, list, thief: On::Evm.stranger() })
}

impl Scene {
    async fn put(&self, policy: &str, body: Value) -> Result<Answer> {
        self.target.operator().put(&format!("/v1/policies/{policy}"), body).await
    }

    async fn delete(&self, policy: &str) -> Result<Answer> {
        self.target.operator().delete(&format!("/v1/policies/{policy}")).await
    }

    async fn post(&self, wallet: Option<&str>, kind: &str, rules: Value, enabled: bool) -> Result<Answer> {
        let body = json!({ "walletId": wallet, "type": kind, "rules": rules, "enabled": enabled });
        self.target.operator().post("/v1/policies", body).await
    }

    /// Neither a little nor much reaches the thief, who is not on the list.
    async fn held(&self) -> Result<()> {
        for amount in ["0.001", "0.5"] {
            let answer = self.victim.pay(&self.thief, amount).await?;
            ensure!(answer.status == 403, "HTTP {}: {}", answer.status, answer.body);
        }
        Loot::Coins(self.thief.clone()).none(&self.target, &self.victim).await
    }
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("the operator alone loosens");
    for way in ["delete the list", "switch the list off", "put the thief on the list", "replace the list"] {
        class.case(Needs::Nodes, way.to_owned(), move |target| async move {
            let scene = scene(&target).await?;
            let thief = json!({ "allowed_addresses": [scene.thief] });
            let answer = match way {
                "delete the list" => scene.delete(&scene.list).await?,
                "switch the list off" => scene.put(&scene.list, json!({ "enabled": false })).await?,
                _ => scene.put(&scene.list, json!({ "rules": thief })).await?,
            };
            ensure!(answer.status == 202, "HTTP {}: {}", answer.status, answer.body);
            if way == "replace the list" {
                scene.delete(&scene.list).await?;
                scene.post(Some(&scene.victim.wallet), "WHITELIST", thief, true).await?;
            }
            scene.held().await
        });
    }
    for way in ["raise it", "delete and make it anew", "make it switched off, then on", "one for all wallets"]
    {
        class.case(Needs::Nodes, format!("the limit: {way}"), move |target| async move {
            let scene = scene(&target).await?;
            let mine = Some(scene.victim.wallet.as_str());
            match way {
                "raise it" => {
                    scene.put(&scene.limit, json!({ "rules": up_to(MOST) })).await?;
                }
                "delete and make it anew" => {
                    scene.delete(&scene.limit).await?;
                    scene.post(mine, "SPENDING_LIMIT", up_to(MOST), true).await?;
                }
                "make it switched off, then on" => {
                    scene.delete(&scene.limit).await?;
                    let made = scene.post(mine, "SPENDING_LIMIT", up_to(MOST), false).await?.expect(201)?;
                    let id = made["id"].as_str().context("an id")?.to_owned();
                    scene.put(&id, json!({ "enabled": true })).await?;
                }
                _ => {
                    // Beside the wallet's own row; a row for all wallets counts for other attacks' wallets
                    // too, and allows them nothing either.
                    scene.put(&scene.limit, json!({ "enabled": false })).await?;
                    let made = scene.post(None, "SPENDING_LIMIT", up_to(MOST), true).await?;
                    ensure!(made.status == 202 || made.status == 409, "HTTP {}: {}", made.status, made.body);
                }
            }
            let friend = "0x000000000000000000000000000000000000bEEF";
            let answer = scene.victim.pay(friend, "0.5").await?;
            let waits = answer.status == 201 && answer.body["status"] == "PENDING_APPROVAL";
            ensure!(waits || answer.status == 403, "HTTP {}: {}", answer.status, answer.body);
            scene.held().await
        });
    }
    for who in ["the operator", "the agent", "another owner", "the owner of a payment"] {
        class.case(Needs::Nodes, format!("{who} agrees to it"), move |target| async move {
            let scene = scene(&target).await?;
            let sent =
                scene.victim.pay("0x000000000000000000000000000000000000bEEF", "0.5").await?.expect(201)?;
            let change = scene.delete(&scene.list).await?.expect(202)?;
            let path = format!("/v1/changes/{}/approve", change["id"].as_str().context("an id")?);
            let asked = &owner()?.asked(&change)?["approve"];
            let api = match who {
                "the operator" => target.operator(),
                "the agent" => scene.victim.api.clone(),
                "another owner" => OwnerKey::evm(95)?.answering(&target.operator(), asked)?,
                _ => {
                    let payment = format!("/v1/transactions/{}/approval", sent["id"].as_str().unwrap_or("-"));
                    let payment = target.anonymous().get(&payment).await?.expect(200)?;
                    owner()?.answering(&target.operator(), &payment["approve"])?
                }
            };
            let answer = api.post_empty(&path).await?;
            ensure!(matches!(answer.status, 401 | 403), "HTTP {}: {}", answer.status, answer.body);
            scene.held().await
        });
    }
    class.case(Needs::Nodes, "exchanging what the owner is about to sign", |target| async move {
        let scene = scene(&target).await?;
        let asked = |rules: Value| scene.put(&scene.limit, json!({ "rules": rules }));
        let harmless = asked(up_to("10000000000000001")).await?.expect(202)?;
        asked(up_to(MOST)).await?.expect(202)?;
        let answer = owner()?.agrees(&target.anonymous(), &harmless).await?;
        ensure!(answer.status == 409, "HTTP {}: {}", answer.status, answer.body);
        scene.held().await
    });
    class
}
