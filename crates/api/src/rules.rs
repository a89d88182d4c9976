//! OpenAPI schemas of the rules of the 21 policy types: for each field its meaning, bounds, default and an
//! example.
//!
//! The daemon parses rules with `Rules::parse` of `waiaas_core`; the types here describe the same fields as a
//! schema. The tests compare the two field by field.

pub mod actions;
pub mod calls;
pub mod spending;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use waiaas_core::policy::PolicyType;

/// Schema of the rules of any type. The policy's type decides which one applies.
#[derive(Debug)]
pub enum PolicyRules {}

macro_rules! types {
    ($($variant:ident => $rules:ty),+ $(,)?) => {
        impl PartialSchema for PolicyRules {
            fn schema() -> RefOr<Schema> {
                let any = AnyOfBuilder::new()
                    $(.item(Ref::from_schema_name(<$rules>::name())))+
                    .description(Some("The rules of the policy's `type`: for SPENDING_LIMIT `SpendingLimitRules`, and so on."));
                RefOr::T(Schema::AnyOf(any.build()))
            }
        }

        impl ToSchema for PolicyRules {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed("PolicyRules")
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                $(
                    schemas.push((<$rules>::name().into_owned(), <$rules>::schema()));
                    <$rules>::schemas(schemas);
                )+
            }
        }

        /// The JSON schema of a type's rules, with referenced schemas put in place.
        pub fn schema(policy_type: PolicyType) -> Value {
            match policy_type {
                $(PolicyType::$variant => whole::<$rules>()),+
            }
        }
    };
}

types! {
    SpendingLimit => spending::SpendingLimitRules,
    Whitelist => spending::WhitelistRules,
    TimeRestriction => spending::TimeRestrictionRules,
    RateLimit => spending::RateLimitRules,
    AllowedTokens => spending::AllowedTokensRules,
    ContractWhitelist => calls::ContractWhitelistRules,
    MethodWhitelist => calls::MethodWhitelistRules,
    ApprovedSpenders => calls::ApprovedSpendersRules,
    ApproveAmountLimit => calls::ApproveAmountLimitRules,
    ApproveTierOverride => calls::ApproveTierOverrideRules,
    AllowedNetworks => spending::AllowedNetworksRules,
    X402AllowedDomains => actions::X402AllowedDomainsRules,
    LendingLtvLimit => actions::LendingLtvLimitRules,
    LendingAssetWhitelist => actions::LendingAssetWhitelistRules,
    PerpMaxLeverage => actions::PerpMaxLeverageRules,
    PerpMaxPositionUsd => actions::PerpMaxPositionUsdRules,
    PerpAllowedMarkets => actions::PerpAllowedMarketsRules,
    ReputationThreshold => calls::ReputationThresholdRules,
    Erc8128AllowedDomains => actions::Erc8128AllowedDomainsRules,
    VenueWhitelist => actions::VenueWhitelistRules,
    ActionCategoryLimit => actions::ActionCategoryLimitRules,
}

fn whole<R: ToSchema>() -> Value {
    let mut parts = Vec::new();
    R::schemas(&mut parts);
    let json = |schema: &RefOr<Schema>| serde_json::to_value(schema).unwrap_or_default();
    let parts: BTreeMap<String, Value> =
        parts.iter().map(|(name, part)| (name.clone(), json(part))).collect();
    let mut schema = json(&R::schema());
    put_in_place(&mut schema, &parts);
    schema
}

/// Replaces every reference by the schema it refers to. Rules are not recursive.
fn put_in_place(schema: &mut Value, parts: &BTreeMap<String, Value>) {
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    if let Some(part) = name.and_then(|name| parts.get(name)) {
        let mut part = part.clone();
        // Properties beside a reference apply to this place.
        for (key, beside) in schema.as_object().into_iter().flatten().filter(|(key, _)| *key != "$ref") {
            part[key] = beside.clone();
        }
        *schema = part;
    }
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| put_in_place(item, parts)),
        Value::Object(fields) => fields.values_mut().for_each(|field| put_in_place(field, parts)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;
    use waiaas_core::ids::PolicyId;
    use waiaas_core::network::{NetworkId, Networks};
    use waiaas_core::policy::{Policy, Rules, Scope, at_least_as_strict};

    use super::*;

    fn parse(policy_type: PolicyType, rules: &Value) -> Result<Rules, String> {
        let networks = Networks::builtin();
        let read = |network: Option<&NetworkId>| Rules::parse(policy_type, rules, &networks, network);
        // Rows that name contracts of EVM networks need a network.
        let here = read(None).or_else(|_| read(Some(&NetworkId::new("base-mainnet"))));
        here.map_err(|error| error.to_string())
    }

    fn names(schema: &Value) -> BTreeSet<String> {
        schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys().cloned()).collect()
    }

    /// Every object schema in a schema, with its path in the example.
    fn objects(schema: &Value, example: &Value, path: &str, found: &mut Vec<(String, BTreeSet<String>)>) {
        if schema["properties"].is_object() {
            found.push((path.to_owned(), names(schema)));
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let inner = &example[name];
            for option in field["oneOf"].as_array().into_iter().flatten().chain([field]) {
                if let Some(items) = option.get("items") {
                    objects(items, &inner[0], &format!("{path}/{name}/0"), found);
                } else if let Some(values) = option.get("additionalProperties").filter(|v| v.is_object()) {
                    let key = inner.as_object().and_then(|map| map.keys().next()).expect("an entry");
                    let step = key.replace('~', "~0").replace('/', "~1");
                    objects(values, &inner[key], &format!("{path}/{name}/{step}"), found);
                } else if option["properties"].is_object() {
                    objects(option, inner, &format!("{path}/{name}"), found);
                }
            }
        }
    }

    #[test]
    fn every_example_is_read_and_shows_every_field() {
        for policy_type in PolicyType::ALL {
            let schema = schema(*policy_type);
            let example = &schema["example"];
            let read = parse(*policy_type, example);
            assert!(read.is_ok(), "{policy_type}: {read:?}");
            let given: BTreeSet<String> = example.as_object().expect("an object").keys().cloned().collect();
            assert_eq!(given, names(&schema), "{policy_type}");
        }
    }

    #[test]
    fn a_schema_knows_the_fields_that_the_daemon_knows() {
        for policy_type in PolicyType::ALL {
            let schema = schema(*policy_type);
            let mut found = Vec::new();
            objects(&schema, &schema["example"], "", &mut found);
            assert!(!found.is_empty(), "{policy_type}");
            for (path, fields) in found {
                let mut wrong = schema["example"].clone();
                wrong.pointer_mut(&path).expect(&path)["qqqqqqqqqqqq"] = json!(1);
                let told = parse(*policy_type, &wrong).expect_err("an unknown field");
                let (_, known) = told.split_once("known: ").expect(&told);
                let known: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
                assert_eq!(known, fields, "{policy_type} at '{path}': {told}");
            }
        }
    }

    #[test]
    fn what_a_schema_requires_is_required_and_the_rest_is_not() {
        for policy_type in PolicyType::ALL {
            let schema = schema(*policy_type);
            let required: BTreeSet<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            for name in names(&schema) {
                let mut without = schema["example"].clone();
                without.as_object_mut().expect("an object").remove(&name);
                let read = parse(*policy_type, &without);
                assert_eq!(read.is_err(), required.contains(name.as_str()), "{policy_type}.{name}: {read:?}");
            }
        }
    }

    #[test]
    fn a_default_is_what_the_daemon_takes() {
        let mut told = 0;
        for policy_type in PolicyType::ALL {
            let schema = schema(*policy_type);
            for (name, field) in schema["properties"].as_object().expect("fields") {
                let Some(default) = field.get("default") else { continue };
                let mut with = schema["example"].clone();
                with[name] = default.clone();
                let mut without = with.clone();
                without.as_object_mut().expect("an object").remove(name);
                let row = |rules: &Value| {
                    let rules = parse(*policy_type, rules).expect("read");
                    let id: PolicyId = "018f3a4e-0000-7000-8000-000000000001".parse().expect("an id");
                    let scope = Scope { wallet: None, network: None };
                    [Policy { id, scope, priority: 0, rules }]
                };
                let (with, without) = (row(&with), row(&without));
                let alike = at_least_as_strict(&with, &without) && at_least_as_strict(&without, &with);
                assert!(alike, "{policy_type}.{name}");
                told += 1;
            }
        }
        assert!(told >= 9, "{told}");
    }
}
