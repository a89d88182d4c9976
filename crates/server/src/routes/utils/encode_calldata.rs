//! `POST /v1/utils/encode-calldata`

use axum::Json;
use axum::extract::State;
use waiaas_api::requests::{EncodeCalldataRequest, EncodedCalldata};

use crate::app::App;
use crate::extract::{Body, SessionAuth};
use crate::routes::Answer;

/// Encodes the call data of a contract's function.
///
/// Nothing is built, judged or signed. The call is judged when a transaction with it is requested.
#[utoipa::path(
    post,
    path = "/v1/utils/encode-calldata",
    tag = "utils",
    request_body = EncodeCalldataRequest,
    responses((status = 200, body = EncodedCalldata))
)]
pub(crate) async fn encode_calldata(
    SessionAuth(session): SessionAuth,
    State(app): State<App>,
    Body(request): Body<EncodeCalldataRequest>,
) -> Answer<EncodedCalldata> {
    let EncodeCalldataRequest { abi, function_name, args } = request;
    let encoded = app.engine().agent(&session).encode_calldata(&abi, &function_name, &args)?;
    Ok(Json(EncodedCalldata {
        calldata: format!("0x{}", hex::encode(&encoded.calldata)),
        selector: encoded.selector.to_string(),
        function_name,
    }))
}
