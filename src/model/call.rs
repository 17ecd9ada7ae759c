//! What becomes of a request of our own to a server that has to prove who it is.

use super::{Broken, ConnectFailure};

/// Why there is no good answer. Every text in it came from elsewhere, and is short and harmless already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallFailure {
    /// It is none of the hosts that may be asked.
    Elsewhere,
    /// Its name has no address that can be found from here.
    NoAddress,
    /// There is no connection.
    NotConnected(ConnectFailure),
    /// There is one, and no HTTP answer comes over it.
    Broken(Broken),
    /// The answer is a redirect, which is not followed.
    Redirected {
        /// The HTTP status.
        status: u16,
        /// The host that it leads to; the rest of it can hold secrets.
        to: String,
    },
    /// The answer is another one than is needed.
    Status {
        /// The HTTP status.
        status: u16,
        /// What a problem document (RFC 9457) says about it.
        detail: Option<String>,
    },
    /// The answer is longer than any that is needed.
    TooLong,
    /// The answer cannot be read.
    Unreadable(String),
}

impl CallFailure {
    /// Whether the same request may well be answered a little later.
    pub fn may_pass(&self) -> bool {
        match self {
            CallFailure::NoAddress | CallFailure::NotConnected(_) => true,
            // Who cannot prove who it is will not be able to in a minute.
            CallFailure::Broken(broken) => !matches!(broken, Broken::Handshake(_)),
            // Request Timeout, Too Early, Too Many Requests, and the server's own troubles (RFC 9110).
            CallFailure::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            CallFailure::Elsewhere
            | CallFailure::Redirected { .. }
            | CallFailure::TooLong
            | CallFailure::Unreadable(_) => false,
        }
    }
}
