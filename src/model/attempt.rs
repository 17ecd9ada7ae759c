//! Attempts at a certificate that failed, as far as the user has told of them.

use serde::{Deserialize, Serialize};

use super::{Name, Timestamp};

/// Which of the CA's two worlds an attempt was made in; their limits are apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// Certificates that browsers trust, and tight limits.
    #[default]
    Production,
    /// For tests, with wide limits: what a panel's Dry run uses.
    Staging,
}

/// One validation that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The name that did not pass.
    pub name: Name,
    /// When.
    pub at: Timestamp,
    /// Where.
    #[serde(default)]
    pub environment: Environment,
    /// The URI of the ACME account (RFC 8555, section 7.1.2), where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}
