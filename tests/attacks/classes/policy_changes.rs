//! Policies that change, overlap, or are switched off.
//!
//! A naive design lets a wallet's row replace a stricter global one, lets a later or higher row win, or
//! takes a switched-off row for permission. And it lets the agent do it.

use std::sync::Arc;

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::kit::{Class, Loot, Needs, On, Target, Victim, resisted};

const FRIEND: &str = "0x52908400098527886E0F7030069857D2E4169EE7";

/// Rich, with a spending limit of one coin; its id.
async fn coin(target: &Arc<Target>) -> Result<(Victim, String)> {
    let victim = Victim::rich(target, On::Evm).await?;
    let id = victim.policy(target, "SPENDING_LIMIT", up_to("1000000000000000000")).await?;
    victim.works().await?;
    Ok((victim, id))
}

fn up_to(wei: &str) -> Value {
    json!({ "instant_max": wei, "notify_max": wei, "delay_max": wei })
}

/// An agent's attempts on a policy of its wallet.
const ACTS: [(&str, &str, &str); 7] = [
    (
        "POST",
        "/v1/policies",
        r#"{"walletId":"{wallet}","type":"WHITELIST","rules":{"allowed_addresses":["{thief}"]}}"#,
    ),
    ("PUT", "/v1/policies/{policy}", r#"{"rules":{"instant_max":"99000000000000000000"}}"#),
    ("PUT", "/v1/policies/{policy}", r#"{"enabled":false}"#),
    ("PUT", "/v1/policies/{policy}", r#"{"priority":2147483647}"#),
    ("DELETE", "/v1/policies/{policy}", ""),
    ("PATCH", "/v1/policies/{policy}", r#"{"enabled":false}"#),
    ("GET", "/v1/policies/{policy}", ""),
];

async fn try_to_get_two(target: &Arc<Target>, victim: &Victim) -> Result<()> {
    let thief = On::Evm.stranger();
    let answer = victim.pay(&thief, "2.0").await?;
    // Two coins are more than the limit of one, with or without a limit.
    if answer.body["code"] == "SPENDING_LIMIT_REQUIRED" {
        return Loot::Coins(thief).none(target, victim).await;
    }
    resisted(target, victim, &answer, &[Loot::Coins(thief)]).await
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("policy changes and overlaps");
    for (method, path, body) in ACTS {
        class.case(Needs::Nodes, format!("the agent: {method} {path} {body}"), move |target| async move {
            let (victim, policy) = coin(&target).await?;
            let fill = |text: &str| {
                let text = text.replace("{policy}", &policy).replace("{wallet}", &victim.wallet);
                text.replace("{thief}", FRIEND)
            };
            let method: Method = method.parse()?;
            let answer = victim.api.raw(method, &fill(path), "application/json", fill(body).into()).await?;
            ensure!(
                matches!(answer.status, 401 | 403 | 404 | 405),
                "HTTP {}: {}",
                answer.status,
                answer.body
            );
            try_to_get_two(&target, &victim).await
        });
    }
    for how in ["switched off", "deleted"] {
        class.case(Needs::Nodes, format!("the only limit is {how}"), move |target| async move {
            let (victim, policy) = coin(&target).await?;
            let path = format!("/v1/policies/{policy}");
            match how {
                "deleted" => target.operator().delete(&path).await?.expect(200)?,
                _ => target.operator().put(&path, json!({ "enabled": false })).await?.expect(200)?,
            };
            let thief = On::Evm.stranger();
            let small = victim.pay(&thief, "0.001").await?;
            ensure!(small.status == 403, "without a limit: HTTP {}: {}", small.status, small.body);
            Loot::Coins(thief).none(&target, &victim).await?;
            try_to_get_two(&target, &victim).await
        });
    }
    for (name, priority) in
        [("a higher priority", 1_000_000), ("a lower priority", -1_000_000), ("the same priority", 0)]
    {
        class.case(
            Needs::Own,
            format!("a looser row of the wallet with {name} beside a strict global one"),
            move |target| async move {
                let fragile = target.fragile().await?;
                let victim = Victim::rich(&fragile.target, On::Evm).await?;
                let operator = fragile.target.operator();
                let global =
                    json!({ "type": "WHITELIST", "rules": { "allowed_addresses": [FRIEND] }, "priority": 0 });
                let made = operator.post("/v1/policies", global).await?.expect(201)?;
                let thief = On::Evm.stranger();
                let loose = json!({
                    "walletId": victim.wallet, "network": On::Evm.network(), "type": "WHITELIST",
                    "rules": { "allowed_addresses": [thief] }, "priority": priority,
                });
                let loosened = operator.post("/v1/policies", loose).await?;
                victim.policy(&fragile.target, "SPENDING_LIMIT", up_to("1000000000000000000")).await?;
                let answer = victim.pay(&thief, "0.001").await;
                let id = made["id"].as_str().unwrap_or_default();
                operator.delete(&format!("/v1/policies/{id}")).await?.expect(200)?;
                ensure!(loosened.status == 201, "HTTP {}: {}", loosened.status, loosened.body);
                resisted(&fragile.target, &victim, &answer?, &[Loot::Coins(thief)]).await
            },
        );
    }
    class.case(Needs::Own, "a looser limit of the wallet beside a strict global one", |target| async move {
        let fragile = target.fragile().await?;
        let victim = Victim::rich(&fragile.target, On::Evm).await?;
        let operator = fragile.target.operator();
        let global = json!({ "type": "SPENDING_LIMIT", "rules": up_to("10000000000000000") });
        let made = operator.post("/v1/policies", global).await?.expect(201)?;
        victim.policy(&fragile.target, "SPENDING_LIMIT", up_to("9000000000000000000")).await?;
        let thief = On::Evm.stranger();
        let answer = victim.pay(&thief, "0.5").await;
        let id = made["id"].as_str().unwrap_or_default();
        operator.delete(&format!("/v1/policies/{id}")).await?.expect(200)?;
        resisted(&fragile.target, &victim, &answer?, &[Loot::Coins(thief)]).await
    });
    class.case(Needs::Nodes, "two rows of one type for one scope", |target| async move {
        let (victim, _) = coin(&target).await?;
        let body = json!({
            "walletId": victim.wallet, "network": On::Evm.network(), "type": "SPENDING_LIMIT",
            "rules": up_to("99000000000000000000"), "priority": 100,
        });
        target.operator().post("/v1/policies", body).await?;
        try_to_get_two(&target, &victim).await
    });
    class.case(
        Needs::Nodes,
        "a looser row for all networks beside a strict one for this",
        |target| async move {
            let (victim, _) = coin(&target).await?;
            let body = json!({
                "walletId": victim.wallet, "type": "SPENDING_LIMIT",
                "rules": up_to("99000000000000000000"), "priority": 100,
            });
            target.operator().post("/v1/policies", body).await?.expect(201)?;
            try_to_get_two(&target, &victim).await
        },
    );
    class.case(Needs::Nodes, "a looser row for another network", |target| async move {
        let (victim, _) = coin(&target).await?;
        let body = json!({
            "walletId": victim.wallet, "network": "ethereum-sepolia", "type": "SPENDING_LIMIT",
            "rules": up_to("99000000000000000000"), "priority": 100,
        });
        target.operator().post("/v1/policies", body).await?;
        try_to_get_two(&target, &victim).await
    });
    class.case(Needs::Nodes, "a row of another wallet", |target| async move {
        let ((victim, _), other) = (coin(&target).await?, Victim::poor(&target, On::Evm).await?);
        other.policy(&target, "SPENDING_LIMIT", up_to("99000000000000000000")).await?;
        try_to_get_two(&target, &victim).await
    });
    class.case(Needs::Nodes, "a tightened limit counts at once", |target| async move {
        let (victim, policy) = coin(&target).await?;
        let path = format!("/v1/policies/{policy}");
        let body = json!({ "rules": up_to("1000") });
        target.operator().put(&path, body).await?.expect(200)?;
        let thief = On::Evm.stranger();
        let answer = victim.pay(&thief, "0.5").await?;
        resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
    });
    class
}
