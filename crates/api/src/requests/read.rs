//! Parses a transaction request: first its type, then the fields of that type.
//!
//! serde stops at the first fault. Here an object is parsed again without the fault, so that a caller gets
//! all faults at once.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Map, Value};
use waiaas_core::intent::IntentKind;
use waiaas_core::strict::{self, Located};

use super::operation::{Batch, BatchMember, ContractDeploy, NftTransfer, Operation};
use super::{Placement, TransactionRequest};
use crate::json;
use crate::validation::{Checks, Issue, Refusal};

/// Maximum number of faults of one object reported at once.
const MOST_FAULTS: usize = 20;

/// Fields of every request.
const COMMON: [&str; 4] = ["network", "walletId", "dryRun", "gasCondition"];

/// Fields that only the daemon itself may set.
const SERVER_SET: [(&str, &str); 2] = [
    ("actionProvider", "only the daemon itself may name an action provider"),
    ("actionName", "only the daemon itself may name an action"),
];

/// Parses a request from a JSON value.
pub(super) fn request(body: Value) -> Result<TransactionRequest, Refusal> {
    let Value::Object(mut given) = body else {
        return Err(refused(Issue::new("", "invalid_type", "expected an object")));
    };
    let kind = match kind(&mut given).map_err(refused)? {
        Named::Nothing => IntentKind::Transfer,
        Named::Kind(kind) => kind,
        Named::Unknown => return Err(Refusal::UnsupportedType),
    };
    let set = SERVER_SET.iter().filter(|(name, _)| given.contains_key(*name));
    let set: Vec<_> = set.map(|(name, why)| Issue::new(name, "unsupported", *why)).collect();
    if !set.is_empty() {
        return Err(Refusal::Invalid(set));
    }
    let mut common = Map::new();
    for name in COMMON {
        common.extend(given.remove_entry(name));
    }
    let mut faults = Checks::default();
    let placement = Fields { kind, path: "", batch: false }.read::<Placement>(common, &mut faults);
    let operation = operation(kind, given, &mut faults)?;
    if let Some(operation) = &operation {
        operation.check(&mut faults);
    }
    if let Some(placement) = &placement {
        placement.check(&mut faults);
    }
    match (operation, placement, faults.finish()) {
        (Some(operation), Some(placement), Ok(())) => Ok(TransactionRequest { operation, placement }),
        (_, _, Err(refusal)) => Err(refusal),
        (_, _, Ok(())) => Err(refused(Issue::new("", "invalid", "this is not a request"))),
    }
}

fn refused(issue: Issue) -> Refusal {
    Refusal::Invalid(vec![issue])
}

/// The value of the field `type`.
enum Named {
    Nothing,
    Unknown,
    Kind(IntentKind),
}

/// Removes and reads the field `type`.
fn kind(given: &mut Map<String, Value>) -> Result<Named, Issue> {
    match given.remove("type") {
        None | Some(Value::Null) => Ok(Named::Nothing),
        Some(Value::String(text)) => Ok(IntentKind::parse(&text).map_or(Named::Unknown, Named::Kind)),
        Some(_) => Err(Issue::new("type", "invalid_type", "expected a string")),
    }
}

fn operation(
    kind: IntentKind,
    given: Map<String, Value>,
    faults: &mut Checks,
) -> Result<Option<Operation>, Refusal> {
    let fields = Fields { kind, path: "", batch: false };
    Ok(match kind {
        IntentKind::Transfer | IntentKind::TokenTransfer | IntentKind::ContractCall | IntentKind::Approve => {
            fields.member(given, faults).map(Operation::from)
        }
        IntentKind::Batch => batch(given, faults).map(Operation::Batch),
        IntentKind::NftTransfer => fields.read::<NftTransfer>(given, faults).map(Operation::NftTransfer),
        IntentKind::ContractDeploy => {
            fields.read::<ContractDeploy>(given, faults).map(Operation::ContractDeploy)
        }
        IntentKind::Sign | IntentKind::Cancellation => return Err(Refusal::UnsupportedType),
    })
}

/// The fields of a batch besides its members.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BatchFields {
    instructions: Vec<Value>,
    #[serde(default)]
    address_lookup_table_addresses: Option<Vec<String>>,
}

fn batch(given: Map<String, Value>, faults: &mut Checks) -> Option<Batch> {
    let fields = Fields { kind: IntentKind::Batch, path: "", batch: false };
    let BatchFields { instructions, address_lookup_table_addresses } = fields.read(given, faults)?;
    let count = instructions.len();
    let members = instructions.into_iter().take(1 + *super::BATCH_MEMBERS.end()).enumerate();
    let mut instructions = Vec::with_capacity(members.len());
    for (i, value) in members {
        let path = format!("instructions[{i}]");
        if let Some(member) = member(value, &path, faults) {
            member.check(faults, &format!("{path}."));
            instructions.push(member);
        }
    }
    let tables = address_lookup_table_addresses;
    // A member that could not be parsed has been reported; the number of members must not add a fault.
    let whole = instructions.len() == count || !super::BATCH_MEMBERS.contains(&count);
    whole.then_some(Batch { instructions, address_lookup_table_addresses: tables })
}

fn member(value: Value, path: &str, faults: &mut Checks) -> Option<BatchMember> {
    let Value::Object(mut given) = value else {
        faults.note(Issue::new(path, "invalid_type", "expected an object"));
        return None;
    };
    let at = format!("{path}.type");
    match kind(&mut given) {
        Err(fault) => {
            faults.note(Issue { path: at, ..fault });
            None
        }
        Ok(Named::Kind(kind)) if BatchMember::TYPES.contains(&kind) => {
            Fields { kind, path: &format!("{path}."), batch: true }.member(given, faults)
        }
        Ok(Named::Kind(_) | Named::Unknown) => {
            let wanted = "TRANSFER, TOKEN_TRANSFER, CONTRACT_CALL or APPROVE";
            faults.note(Issue::new(&at, "invalid", wanted));
            None
        }
        Ok(Named::Nothing) => match only_kind(&given) {
            Some(kind) => Fields { kind, path: &format!("{path}."), batch: true }.member(given, faults),
            None => {
                let wanted = "the fields are not those of one type alone; name it: TRANSFER, \
                              TOKEN_TRANSFER, CONTRACT_CALL or APPROVE";
                faults.note(Issue::new(&at, "required", wanted));
                None
            }
        },
    }
}

/// The only type that has exactly these fields, whatever their values.
fn only_kind(given: &Map<String, Value>) -> Option<IntentKind> {
    let fits = |kind: &IntentKind| {
        let mut faults = Checks::default();
        let fields = Fields { kind: *kind, path: "", batch: true };
        if let Some(member) = fields.member(given.clone(), &mut faults) {
            member.check(&mut faults, "");
        }
        !faults.issues().iter().any(|issue| {
            let shape = ["required", "unrecognized_key"].contains(&issue.code.as_str());
            shape && !issue.path.contains('.')
        })
    };
    let mut fitting = BatchMember::TYPES.into_iter().filter(fits);
    fitting.next().filter(|_| fitting.next().is_none())
}

/// The known fields of an object in a request.
struct Fields<'a> {
    kind: IntentKind,
    /// The path before the names of its fields.
    path: &'a str,
    /// Whether it is a member of a batch, which has no common fields.
    batch: bool,
}

impl Fields<'_> {
    /// Parses the fields of a type that a member of a batch may have.
    fn member(&self, given: Map<String, Value>, faults: &mut Checks) -> Option<BatchMember> {
        match self.kind {
            IntentKind::Transfer => self.read(given, faults).map(BatchMember::Transfer),
            IntentKind::TokenTransfer => self.read(given, faults).map(BatchMember::TokenTransfer),
            IntentKind::ContractCall => self.read(given, faults).map(BatchMember::ContractCall),
            IntentKind::Approve => self.read(given, faults).map(BatchMember::Approve),
            IntentKind::Batch
            | IntentKind::NftTransfer
            | IntentKind::ContractDeploy
            | IntentKind::Sign
            | IntentKind::Cancellation => None,
        }
    }

    /// Parses the fields and notes every fault. A result with faults serves only to check the other fields.
    fn read<T: DeserializeOwned>(&self, given: Map<String, Value>, faults: &mut Checks) -> Option<T> {
        let mut given = Value::Object(given);
        for _ in 0..MOST_FAULTS {
            let error = match strict::read::<T, _>(&given) {
                Ok(read) => return Some(read),
                Err(error) => error,
            };
            let issue = self.issue(&error);
            let name = issue.path.clone();
            let told = Issue { path: format!("{}{name}", self.path), ..issue };
            let tried = faults.has(&told.path);
            let again = mend(&mut given, &name, &told.code, tried);
            if !tried {
                faults.note(told);
            }
            if !again {
                return None;
            }
        }
        None
    }

    fn issue(&self, error: &Located<serde_json::Error>) -> Issue {
        let (path, message) = (strict::path(error.path()), error.inner().to_string());
        let nested = error.path().iter().len() > 1;
        if nested || !message.starts_with("unknown field ") {
            return json::issue(&path, &message);
        }
        let known = match self.batch {
            true => ["type"].as_slice(),
            false => COMMON.as_slice(),
        };
        // The common fields are known here, too.
        let beside: String = known.iter().map(|name| format!(", `{name}`")).collect();
        let issue = json::issue(&path, &format!("{message}{beside}"));
        if issue.message.contains("did you mean") {
            return issue;
        }
        let message = match (self.kind, issue.path.as_str()) {
            (IntentKind::Transfer, "token") => {
                "a TRANSFER moves the native coin; set type to TOKEN_TRANSFER for a token"
            }
            (IntentKind::Transfer, _) => "a TRANSFER does not have this field; is \"type\" missing?",
            _ => "a request of this type does not have this field",
        };
        Issue { message: message.to_owned(), ..issue }
    }
}

/// Removes a fault from an object so that the rest can be parsed: an unknown field is removed; a missing or
/// wrong field gets a placeholder. Returns whether another attempt is possible.
fn mend(given: &mut Value, name: &str, code: &str, tried: bool) -> bool {
    let Some(object) = given.as_object_mut() else { return false };
    if name.is_empty() || name.contains(['.', '[']) {
        return false;
    }
    if code == "unrecognized_key" {
        return object.remove(name).is_some();
    }
    match object.get(name) {
        None => drop(object.insert(name.to_owned(), Value::String("0x".to_owned()))),
        Some(Value::Object(empty)) if empty.is_empty() && tried => return false,
        Some(_) if code == "required" || tried => {
            drop(object.insert(name.to_owned(), Value::Object(Map::new())))
        }
        // A wrong value of an optional field is removed; that of a required field is then reported as
        // missing.
        Some(_) => drop(object.remove(name)),
    }
    true
}

impl<'de> Deserialize<'de> for TransactionRequest {
    /// Parses as a body is parsed, with all faults in one message.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        request(Value::deserialize(deserializer)?).map_err(|refusal| match refusal {
            Refusal::UnsupportedType => D::Error::custom("this type of transaction is not known"),
            Refusal::Invalid(issues) => {
                let all: Vec<_> = issues.iter().map(|i| format!("{}: {}", i.path, i.message)).collect();
                D::Error::custom(all.join("; "))
            }
        })
    }
}
