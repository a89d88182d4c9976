//! The OpenAPI document, generated from the handlers.

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi, Ref, RefOr, Schema};
use utoipa::{Modify, OpenApi as _};
use waiaas_api::problem::Problem;

use crate::codes;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "WAIaaS",
        description = "A self-hosted wallet daemon between an AI agent and blockchains.\n\n\
            Three credentials: an agent's session token (`Authorization: Bearer wai_sess_…`), the operator's \
            master password (`X-Master-Password`), and an owner's signature over a message that the daemon issued \
            (`X-Owner-Signature`, `X-Owner-Message`).\n\n\
            Amounts are strings of base units, dollars are JSON numbers, times are Unix seconds or null. \
            Every error has the shape of `Problem`; every answer carries `X-Request-Id`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "http://127.0.0.1:3100", description = "The default address")),
    components(schemas(Problem)),
    modifiers(&Schemes, &ErrorCodes),
    tags(
        (name = "system", description = "Liveness and this document"),
        (name = "wallets", description = "Wallets and their owners"),
        (name = "sessions", description = "Sessions, with which agents authenticate"),
        (name = "wallet", description = "Address, balances and assets of an agent's wallet"),
        (name = "transactions", description = "Transactions: requests, approvals, replacements"),
        (name = "utils", description = "Encoding for agents without a library of their own"),
        (name = "policies", description = "Policies"),
        (name = "changes", description = "Pending changes, which wait for owners"),
        (name = "telegram", description = "Chats of the Telegram bot, which shows requests that wait for their owner"),
        (name = "webhooks", description = "Webhooks, which receive events of the audit log"),
        (name = "admin", description = "The operator's administration"),
    ),
)]
struct Base;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut OpenApi) {
        let header = |name: &str, about: &str| {
            SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, about)))
        };
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("wai_sess_ + JWT")
            .description(Some("An agent's session token."))
            .build();
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme("session", SecurityScheme::Http(bearer));
        components
            .add_security_scheme("master", header("X-Master-Password", "The operator's master password."));
        components.add_security_scheme(
            "ownerSignature",
            header("X-Owner-Signature", "EVM: 65 bytes hex (EIP-191). Solana: 64 bytes base58 or base64."),
        );
        components.add_security_scheme(
            "ownerMessage",
            header("X-Owner-Message", "The issued message: base64, or one line with each line break as \\n."),
        );
    }
}

/// The error codes as an enum. In types they are strings, so that clients accept codes that they do not know.
struct ErrorCodes;

impl Modify for ErrorCodes {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_with(Components::new);
        let codes = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(codes::all()))
            .description(Some("Stable codes of errors; each operation lists its own."));
        components.schemas.insert("ErrorCode".to_owned(), RefOr::T(Schema::Object(codes.build())));
        if let Some(RefOr::T(Schema::Object(problem))) = components.schemas.get_mut("Problem") {
            problem.properties.insert("code".to_owned(), RefOr::Ref(Ref::from_schema_name("ErrorCode")));
        }
    }
}

/// The document without operations.
pub(crate) fn base() -> OpenApi {
    Base::openapi()
}

/// The OpenAPI 3.1 document as pretty JSON with a final newline, the same on every run.
pub fn openapi_json() -> String {
    let document = crate::routes::all().router.into_openapi();
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}
