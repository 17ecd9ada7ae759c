//! What became of requests of our own.

use crate::model::{Broken, CallFailure};
use crate::view::escape::clean;

use super::web::connecting;

/// Why there is no good answer, as a phrase that stands alone.
pub fn call_failure(failure: &CallFailure) -> String {
    match failure {
        CallFailure::Elsewhere => {
            "it is at none of Let's Encrypt's two addresses, and nobody else is asked".to_owned()
        }
        CallFailure::NoAddress => "no address is found for its name".to_owned(),
        CallFailure::NotConnected(why) => connecting(*why).to_owned(),
        CallFailure::Broken(Broken::TimedOut) => "it takes too long to answer".to_owned(),
        CallFailure::Broken(Broken::Closed) => "it closes the connection without a whole answer".to_owned(),
        CallFailure::Broken(Broken::NotHttp) => "its answer is not HTTP".to_owned(),
        CallFailure::Broken(Broken::HeadersTooLong) => "it sends headers without end".to_owned(),
        CallFailure::Broken(Broken::Tls) => "it speaks TLS where plain HTTP was asked for".to_owned(),
        CallFailure::Broken(Broken::Handshake(text)) => format!("no secure connection ({})", clean(text)),
        CallFailure::Broken(Broken::Encoding) => "its answer cannot be unpacked".to_owned(),
        CallFailure::Redirected { status, to } => {
            format!("it answers {status} and points at {}, which is not followed", clean(to))
        }
        CallFailure::Status { status, detail: Some(detail) } => {
            format!("it answers {status}: {}", clean(detail))
        }
        CallFailure::Status { status, detail: None } => format!("it answers {status}"),
        CallFailure::TooLong => "its answer is too long".to_owned(),
        CallFailure::Unreadable(why) => format!("its answer cannot be read ({})", clean(why)),
    }
}
