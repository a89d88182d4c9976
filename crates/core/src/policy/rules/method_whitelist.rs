//! METHOD_WHITELIST: which methods of a contract may be called. Read and checked; not enforced by this
//! build.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::address::Address;
use crate::policy::rules::{Placement, Rule, RulesError};

/// Rules of METHOD_WHITELIST.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodWhitelist {
    /// At least one.
    pub methods: Vec<ContractMethods>,
}

/// The methods of one contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ContractMethods {
    /// The contract.
    pub contract_address: Address,
    /// At least one.
    pub selectors: Vec<Selector>,
}

/// The first four bytes of call data, as `0x` and eight hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Selector(pub [u8; 4]);

impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("0x{}", hex::encode(self.0)))
    }
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut bytes = [0u8; 4];
        let read = text.strip_prefix("0x").map(|digits| hex::decode_to_slice(digits, &mut bytes));
        match read {
            Some(Ok(())) => Ok(Self(bytes)),
            Some(Err(_)) | None => Err(de::Error::custom("a selector is 0x and eight hex digits")),
        }
    }
}

impl Rule for MethodWhitelist {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("methods", self.methods.is_empty())?;
        for (i, contract) in self.methods.iter().enumerate() {
            RulesError::if_empty(&format!("methods[{i}].selectors"), contract.selectors.is_empty())?;
        }
        Ok(())
    }
}
