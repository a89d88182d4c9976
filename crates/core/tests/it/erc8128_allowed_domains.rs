//! ERC8128_ALLOWED_DOMAINS.

use serde_json::json;
use waiaas_core::policy::{DenialCode, PolicyType, Purpose, Tier};

use crate::world::{World, refusal};

fn asking(domain: &str) -> World {
    let mut world = World::rich("solana-devnet").purpose(Purpose::HttpMessage { domain: domain.to_owned() });
    world.facts.ledger.http_messages = Some(0);
    world
}

#[test]
fn without_a_row_no_domain_will_do() {
    let denials = asking("api.example.com").denials();
    assert_eq!(denials.len(), 1);
    assert_eq!((denials[0].code, denials[0].policy_id), (DenialCode::Erc8128DomainNotAllowed, None));
    assert_eq!(denials[0].policy_type, Some(PolicyType::Erc8128AllowedDomains));
    assert!(denials[0].hint.as_deref().is_some_and(|hint| hint.contains("api.example.com")));
}

#[test]
fn a_listed_domain_and_no_other() {
    let rules = json!({"domains": ["pay.example.com", "*.example.org"]});
    for domain in ["pay.example.com", "a.example.org", "a.b.example.org"] {
        assert_eq!(asking(domain).row("ERC8128_ALLOWED_DOMAINS", &rules).tier(), Tier::Instant, "{domain}");
    }
    for domain in
        ["example.com", "x.pay.example.com", "example.org", "evilexample.org", "a.example.org.evil.net", ""]
    {
        let denials = asking(domain).row("ERC8128_ALLOWED_DOMAINS", &rules).denials();
        assert_eq!(denials.len(), 1, "{domain}");
        assert_eq!(denials[0].code, DenialCode::Erc8128DomainNotAllowed);
        assert!(denials[0].policy_id.is_some());
        assert_eq!(denials[0].hint.as_deref(), Some("allowed: *.example.org, pay.example.com"));
    }
}

#[test]
fn every_row_must_list_the_domain() {
    let world = asking("a.example.org")
        .row("ERC8128_ALLOWED_DOMAINS", &json!({"domains": ["*.example.org"]}))
        .row("ERC8128_ALLOWED_DOMAINS", &json!({"domains": ["b.example.org"]}));
    assert_eq!(world.codes(), [DenialCode::Erc8128DomainNotAllowed]);
}

#[test]
fn other_requests_are_left_alone() {
    let rules = json!({"domains": ["pay.example.com"]});
    let plain = asking("evil.example").purpose(Purpose::Plain).row("ERC8128_ALLOWED_DOMAINS", &rules);
    assert_eq!(plain.tier(), Tier::Instant);
    let other = Purpose::HttpPayment { domain: "pay.example.com".to_owned() };
    let denials = asking("pay.example.com").purpose(other).row("ERC8128_ALLOWED_DOMAINS", &rules).denials();
    assert_eq!(
        denials[0].policy_type,
        Some(PolicyType::X402AllowedDomains),
        "a list of one kind allows nothing of the other"
    );
}

#[test]
fn so_many_a_minute_and_no_more() {
    let after = |signed, rules| {
        let mut world = asking("a.b").row("ERC8128_ALLOWED_DOMAINS", &rules);
        world.facts.ledger.http_messages = signed;
        world
    };
    let three = || json!({"domains": ["a.b"], "rate_limit_rpm": 3});
    assert_eq!(after(Some(2), three()).tier(), Tier::Instant);
    let denials = after(Some(3), three()).denials();
    assert_eq!(denials.len(), 1);
    assert_eq!(denials[0].code, DenialCode::Erc8128RateLimited);
    assert!(denials[0].message.contains("3 messages") && denials[0].message.contains("a.b"));
    let unsaid = || json!({"domains": ["a.b"]});
    assert_eq!(after(Some(59), unsaid()).tier(), Tier::Instant, "sixty where the row does not say");
    assert_eq!(after(Some(60), unsaid()).codes(), [DenialCode::Erc8128RateLimited]);
    assert_eq!(after(None, unsaid()).codes(), [DenialCode::FactMissing], "not counted is not allowed");
}

#[test]
fn a_signed_message_is_judged_as_a_message_too() {
    use waiaas_core::digest::Digest;
    use waiaas_core::effect::Effect;
    let text = Effect::Message { digest: Digest::of("test", &[]), text: "GET /".to_owned() };
    let world =
        || asking("a.b").row("ERC8128_ALLOWED_DOMAINS", &json!({"domains": ["a.b"]})).effect(text.clone());
    assert_eq!(world().owned().tier(), Tier::Approval);
    assert_eq!(world().codes(), [DenialCode::OwnerRequired]);
}

#[test]
fn bad_rules_are_refused() {
    for (rules, field) in [
        (json!({"domains": []}), "rules.domains: "),
        (json!({"domains": ["*"]}), "rules.domains[0]: "),
        (json!({"domains": ["a.b"], "rate_limit_rpm": 0}), "rules.rate_limit_rpm: "),
        (json!({"domains": ["a.b"], "rate_limit_rpm": -1}), "rules.rate_limit_rpm: "),
    ] {
        let message = refusal("ERC8128_ALLOWED_DOMAINS", &rules, None);
        assert!(message.starts_with(field), "{message}");
    }
}
