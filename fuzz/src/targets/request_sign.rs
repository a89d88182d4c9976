//! Bodies of the requests for signatures and for call data.

use waiaas_api::requests::{EncodeCalldataRequest, SignMessageRequest, SignTransactionRequest};
use waiaas_api::validation::Request as _;

use crate::request;

pub(super) fn run(data: &[u8]) -> bool {
    let other = request::holds::<SignTransactionRequest>(data, &[]).is_some()
        || request::holds::<EncodeCalldataRequest>(data, &["abi", "args"]).is_some();
    let Some((_, request)) = request::holds::<SignMessageRequest>(data, &["typedData"]) else { return other };
    if request.check().is_ok() {
        let (text, typed) = (request.message.is_some(), request.typed_data.is_some());
        assert!(text != typed, "either a text or typed data");
        assert_eq!(typed, request.sign_type.as_deref() == Some("typedData"));
    }
    true
}
