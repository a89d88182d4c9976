//! `[outbound]`: addresses that webhooks may reach although they are not public.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};
use waiaas_outbound::AllowList;

/// `[outbound]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutboundRules {
    /// Addresses of webhooks that may be private or use http.
    #[serde(deserialize_with = "addresses")]
    #[schemars(with = "Vec<String>")]
    pub allow: AllowList,
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AllowList, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    AllowList::parse(&texts).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::{Config, ConfigError};

    fn allow(list: &str) -> Result<Config, ConfigError> {
        let text = format!("[outbound]\nallow = {list}\n");
        Config::from_parts(Some((Path::new("/data/config.toml"), &text)), [], [])
    }

    #[test]
    fn nothing_is_allowed_unless_named() {
        assert!(Config::built_in().expect("defaults").outbound.allow.is_empty());
        let config = allow(r#"["127.0.0.1:9000", "10.1.0.0/16"]"#).expect("entries");
        for (address, allowed) in [("127.0.0.1:9000", true), ("127.0.0.1:9001", false), ("10.1.2.3:1", true)]
        {
            let address = address.parse().expect(address);
            assert_eq!(config.outbound.allow.contains(address), allowed, "{address}");
        }
        let error = allow(r#"["localhost:9000"]"#).expect_err("a name").to_string();
        assert!(error.contains("outbound.allow") && error.contains("IP addresses"), "{error}");
        assert!(!error.contains("localhost"), "{error}");
    }
}
