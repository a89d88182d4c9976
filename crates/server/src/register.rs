//! The register of operations and their credentials.
//!
//! The credential is not declared beside a handler but derived from its type: the first parameter must be a
//! [`Credential`], so a handler without one does not compile, and the register and the OpenAPI document
//! cannot differ from the code.

use axum::handler::Handler;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::app::App;
use crate::codes;
use crate::problem::Code;

/// Marks an operation in the OpenAPI document that is answered only on the socket.
const SOCKET_ONLY: &str = "x-waiaas-socket-only";
/// The error codes of an answer.
const CODES: &str = "x-waiaas-codes";

/// Which credential an operation takes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AuthClass {
    /// None.
    Public,
    /// A session token.
    Session,
    /// The master password.
    Master,
    /// The master password, only through the Unix socket in the data directory.
    LocalMaster,
    /// An owner's signature over a message this daemon issued.
    Owner,
    /// Exactly one of session token and master password.
    SessionOrMaster,
}

/// One operation.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Route {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// Path template, as in the OpenAPI document.
    pub path: String,
    /// Its id in the OpenAPI document.
    pub operation: String,
    /// Its credential.
    pub auth: AuthClass,
    /// Every error code with which it can answer, in alphabetical order.
    pub codes: Vec<&'static str>,
}

/// Every operation of the daemon.
pub fn inventory() -> Vec<Route> {
    crate::routes::all().routes
}

/// An extractor that authenticates the caller.
pub(crate) trait Credential {
    const CLASS: AuthClass;
}

/// Parameter lists whose first entry is a credential.
pub(crate) trait Guarded {
    const CLASS: AuthClass;
}

macro_rules! guarded {
    ($($rest:ident),*) => {
        impl<M, C: Credential, $($rest),*> Guarded for (M, C, $($rest,)*) {
            const CLASS: AuthClass = C::CLASS;
        }
    };
}
guarded!();
guarded!(T2);
guarded!(T2, T3);
guarded!(T2, T3, T4);
guarded!(T2, T3, T4, T5);
guarded!(T2, T3, T4, T5, T6);

/// The class of a handler, from its parameter list.
pub(crate) fn class_of<H, T>(_: &H) -> AuthClass
where
    H: Handler<T, App>,
    T: Guarded + 'static,
{
    T::CLASS
}

/// The router under construction, with its register.
pub(crate) struct Register {
    pub(crate) router: OpenApiRouter<App>,
    pub(crate) routes: Vec<Route>,
}

/// Adds handlers.
macro_rules! register {
    ($register:expr; $($($part:ident)::+),+ $(,)?) => {
        $register$(.add(
            $crate::register::class_of(&$($part)::+),
            utoipa_axum::routes!($($part)::+),
        ))+
    };
}
pub(crate) use register;

impl Register {
    pub(crate) fn new(router: OpenApiRouter<App>) -> Self {
        Self { router, routes: Vec::new() }
    }

    pub(crate) fn add(
        mut self,
        auth: AuthClass,
        (schemas, mut paths, methods): UtoipaMethodRouter<App>,
    ) -> Self {
        for (path, item) in &mut paths.paths {
            for (method, operation) in operations(item) {
                let codes = document(operation, auth);
                let operation = operation.operation_id.clone().unwrap_or_default();
                self.routes.push(Route { method, path: path.clone(), operation, auth, codes });
            }
        }
        self.router = self.router.routes((schemas, paths, methods));
        self
    }
}

/// The operations of a path item that this daemon uses.
pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("GET", &mut item.get),
        ("PUT", &mut item.put),
        ("POST", &mut item.post),
        ("DELETE", &mut item.delete),
        ("PATCH", &mut item.patch),
    ];
    all.into_iter().filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// Writes the credential and the error answers into an operation, and returns the error codes.
fn document(operation: &mut Operation, auth: AuthClass) -> Vec<&'static str> {
    let scheme = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    let owner = || scheme("ownerSignature").add("ownerMessage", Vec::<String>::new());
    operation.security = Some(match auth {
        AuthClass::Public => Vec::new(),
        AuthClass::Session => vec![scheme("session")],
        AuthClass::Master | AuthClass::LocalMaster => vec![scheme("master")],
        AuthClass::Owner => vec![owner()],
        AuthClass::SessionOrMaster => vec![scheme("session"), scheme("master")],
    });
    for text in [&mut operation.summary, &mut operation.description].into_iter().flatten() {
        // Line breaks of the source are not those of the document.
        *text = text.split("\n\n").map(|part| part.replace('\n', " ")).collect::<Vec<_>>().join("\n\n");
    }
    let responses = &mut operation.responses.responses;
    for response in responses.values_mut() {
        // OpenAPI requires a description.
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description = "Success".to_owned();
        }
    }
    if auth == AuthClass::LocalMaster {
        operation.extensions = Some(Extensions::builder().add(SOCKET_ONLY, true).build());
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.parameter_in == ParameterIn::Header
        {
            // A header is present or absent; it cannot be null.
            parameter.schema = Some(Object::with_type(Type::String).into());
        }
    }
    let name = operation.operation_id.as_deref().unwrap_or_default();
    // An operation without a list has no documented errors; a test finds it.
    let codes = codes::of(name, auth, operation.request_body.is_some()).unwrap_or_default();
    for (status, codes) in codes::by_status(&codes) {
        responses.insert(status.to_string(), problem(&codes));
    }
    codes.into_iter().map(Code::as_str).collect()
}

/// The error answer of one status.
fn problem(codes: &[&'static str]) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let listed: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
    let response = ResponseBuilder::new()
        .description(listed.join(", "))
        .content("application/json", content)
        .extensions(Some(Extensions::builder().add(CODES, codes).build()));
    RefOr::T(response.build())
}
