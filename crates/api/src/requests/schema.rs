//! OpenAPI schemas of transaction requests: one object per type, distinguished by `type`.
//!
//! Each schema is built from the schemas of the parts that are parsed, so that the document cannot differ
//! from the parser.

use std::borrow::Cow;

use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, Discriminator, Object, ObjectBuilder, OneOfBuilder, Type,
};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use waiaas_core::intent::IntentKind;

use super::operation::{
    Approve, Batch, BatchMember, ContractCall, ContractDeploy, NftTransfer, TokenTransfer, Transfer,
};
use super::{Placement, TransactionRequest};

type Named = (String, RefOr<Schema>);

/// One object schema with the fields of several, and `type`.
fn merged(kind: IntentKind, parts: &[RefOr<Schema>]) -> RefOr<Schema> {
    let name = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([kind.as_str()]));
    let mut whole = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("type", name)
        .required("type")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .build();
    for (i, part) in parts.iter().enumerate() {
        let RefOr::T(Schema::Object(part)) = part else { continue };
        add(&mut whole, part);
        if i == 0 {
            whole.description.clone_from(&part.description);
        }
    }
    RefOr::T(Schema::Object(whole))
}

fn add(whole: &mut Object, part: &Object) {
    whole.properties.extend(part.properties.iter().map(|(name, field)| (name.clone(), field.clone())));
    whole.required.extend(part.required.iter().cloned());
}

/// One of several schemas, chosen by `type`.
fn one_of(options: &[(IntentKind, &str)], about: &str) -> RefOr<Schema> {
    let mapping = options.iter().map(|(kind, name)| (kind.as_str(), format!("#/components/schemas/{name}")));
    let mut one = OneOfBuilder::new()
        .discriminator(Some(Discriminator::with_mapping("type", mapping)))
        .description(Some(about));
    for (_, name) in options {
        one = one.item(Ref::from_schema_name(*name));
    }
    RefOr::T(Schema::OneOf(one.build()))
}

const REQUESTS: [(IntentKind, &str); 7] = [
    (IntentKind::Transfer, "TransferRequest"),
    (IntentKind::TokenTransfer, "TokenTransferRequest"),
    (IntentKind::ContractCall, "ContractCallRequest"),
    (IntentKind::Approve, "ApproveRequest"),
    (IntentKind::Batch, "BatchRequest"),
    (IntentKind::NftTransfer, "NftTransferRequest"),
    (IntentKind::ContractDeploy, "ContractDeployRequest"),
];

const MEMBERS: [(IntentKind, &str); 4] = [
    (IntentKind::Transfer, "TransferMember"),
    (IntentKind::TokenTransfer, "TokenTransferMember"),
    (IntentKind::ContractCall, "ContractCallMember"),
    (IntentKind::Approve, "ApproveMember"),
];

/// The fields of one type without the common ones.
fn own(kind: IntentKind) -> RefOr<Schema> {
    match kind {
        IntentKind::Transfer => Transfer::schema(),
        IntentKind::TokenTransfer => TokenTransfer::schema(),
        IntentKind::ContractCall => ContractCall::schema(),
        IntentKind::Approve => Approve::schema(),
        IntentKind::Batch => Batch::schema(),
        IntentKind::NftTransfer => NftTransfer::schema(),
        IntentKind::ContractDeploy => ContractDeploy::schema(),
        IntentKind::Sign | IntentKind::Cancellation => RefOr::T(Schema::Object(Object::new())),
    }
}

impl PartialSchema for Batch {
    fn schema() -> RefOr<Schema> {
        let texts = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String));
        let members = ArrayBuilder::new()
            .items(Ref::from_schema_name(BatchMember::name()))
            .min_items(Some(*super::BATCH_MEMBERS.start()))
            .max_items(Some(*super::BATCH_MEMBERS.end()));
        let object = ObjectBuilder::new()
            .description(Some(
                "Several operations in one Solana transaction, in order; all succeed or none does.",
            ))
            .property("instructions", members)
            .required("instructions")
            .property(
                "addressLookupTableAddresses",
                texts.description(Some("Address lookup tables that the message may use.")),
            );
        RefOr::T(Schema::Object(object.build()))
    }
}

impl PartialSchema for BatchMember {
    fn schema() -> RefOr<Schema> {
        one_of(&MEMBERS, "One member of a batch. `type` may be absent if the fields fit only one type.")
    }
}

impl ToSchema for BatchMember {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("BatchMember")
    }

    fn schemas(schemas: &mut Vec<Named>) {
        for (kind, name) in MEMBERS {
            let mut member = merged(kind, &[own(kind)]);
            if let RefOr::T(Schema::Object(object)) = &mut member {
                // They belong to the whole batch.
                object.properties.remove("addressLookupTableAddresses");
            }
            schemas.push((name.to_owned(), member));
        }
        Transfer::schemas(schemas);
        TokenTransfer::schemas(schemas);
        ContractCall::schemas(schemas);
        Approve::schemas(schemas);
    }
}

impl PartialSchema for TransactionRequest {
    fn schema() -> RefOr<Schema> {
        one_of(&REQUESTS, "Asks for a transaction. A body without `type` is read as a `TRANSFER`.")
    }
}

impl ToSchema for TransactionRequest {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("TransactionRequest")
    }

    fn schemas(schemas: &mut Vec<Named>) {
        for (kind, name) in REQUESTS {
            schemas.push((name.to_owned(), merged(kind, &[own(kind), Placement::schema()])));
        }
        schemas.push((BatchMember::name().into_owned(), BatchMember::schema()));
        BatchMember::schemas(schemas);
        NftTransfer::schemas(schemas);
        ContractDeploy::schemas(schemas);
        Placement::schemas(schemas);
    }
}
