//! X402_ALLOWED_DOMAINS.

use serde_json::json;
use waiaas_core::policy::{DenialCode, PolicyType, Purpose, Tier};

use crate::world::{World, refusal};

fn asking(domain: &str) -> World {
    World::rich("solana-devnet").native(1).purpose(Purpose::HttpPayment { domain: domain.to_owned() })
}

#[test]
fn without_a_row_no_domain_will_do() {
    let denials = asking("api.example.com").denials();
    assert_eq!(denials.len(), 1);
    assert_eq!((denials[0].code, denials[0].policy_id), (DenialCode::X402DomainNotAllowed, None));
    assert_eq!(denials[0].policy_type, Some(PolicyType::X402AllowedDomains));
    assert!(denials[0].hint.as_deref().is_some_and(|hint| hint.contains("api.example.com")));
}

#[test]
fn a_listed_domain_and_no_other() {
    let rules = json!({"domains": ["pay.example.com", "*.example.org"]});
    for domain in ["pay.example.com", "a.example.org", "a.b.example.org"] {
        assert_eq!(asking(domain).row("X402_ALLOWED_DOMAINS", &rules).tier(), Tier::Instant, "{domain}");
    }
    for domain in
        ["example.com", "x.pay.example.com", "example.org", "evilexample.org", "a.example.org.evil.net", ""]
    {
        let denials = asking(domain).row("X402_ALLOWED_DOMAINS", &rules).denials();
        assert_eq!(denials.len(), 1, "{domain}");
        assert_eq!(denials[0].code, DenialCode::X402DomainNotAllowed);
        assert!(denials[0].policy_id.is_some());
        assert_eq!(denials[0].hint.as_deref(), Some("allowed: *.example.org, pay.example.com"));
    }
}

#[test]
fn every_row_must_list_the_domain() {
    let world = asking("a.example.org")
        .row("X402_ALLOWED_DOMAINS", &json!({"domains": ["*.example.org"]}))
        .row("X402_ALLOWED_DOMAINS", &json!({"domains": ["b.example.org"]}));
    assert_eq!(world.codes(), [DenialCode::X402DomainNotAllowed]);
}

#[test]
fn other_requests_are_left_alone() {
    let rules = json!({"domains": ["pay.example.com"]});
    let plain = asking("evil.example").purpose(Purpose::Plain).row("X402_ALLOWED_DOMAINS", &rules);
    assert_eq!(plain.tier(), Tier::Instant);
    let other = Purpose::HttpMessage { domain: "pay.example.com".to_owned() };
    let denials = asking("pay.example.com").purpose(other).row("X402_ALLOWED_DOMAINS", &rules).denials();
    assert_eq!(
        denials[0].policy_type,
        Some(PolicyType::Erc8128AllowedDomains),
        "a list of one kind allows nothing of the other"
    );
}

#[test]
fn a_payment_is_judged_by_everything_else_as_well() {
    let rules = json!({"domains": ["pay.example.com"]});
    let list = json!({"allowed_addresses": [crate::world::account(2)]});
    let world = asking("pay.example.com").row("X402_ALLOWED_DOMAINS", &rules).row("WHITELIST", &list);
    assert_eq!(world.codes(), [DenialCode::WhitelistDenied]);
}

#[test]
fn what_is_no_domain_is_refused() {
    for domain in
        ["", "*", "https://example.com", "example.com/pay", "example.com:443", "*.0.0.1", "exa mple.com"]
    {
        let message = refusal("X402_ALLOWED_DOMAINS", &json!({"domains": [domain]}), None);
        assert!(message.starts_with("rules.domains[0]: "), "{message}");
    }
    assert!(refusal("X402_ALLOWED_DOMAINS", &json!({"domains": []}), None).starts_with("rules.domains: "));
}
