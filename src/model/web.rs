//! What a visit to a web server found, and whose server it is.
//!
//! Facts only, each with the name that the CA's rules give it; `engine::issuance` says what they mean.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Name, Timestamp};

/// Whose rules decide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ca {
    /// Let's Encrypt's boulder.
    #[default]
    LetsEncrypt,
    /// Pebble, boulder's small sibling for tests: no CAA, no DNSSEC, no reserved addresses, no fallback from
    /// IPv6, redirects by the rules of Go's client.
    Pebble,
}

/// The file to fetch from below `/.well-known/acme-challenge/` (RFC 8555, section 8.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeFile {
    /// Its name: base64url characters.
    pub token: String,
    /// What must be in it; none for a token that cannot exist, of which a clean 404 is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

impl ChallengeFile {
    /// The fixed file that `propwatch self-test` prints, of the shape that the CA wants: a name of 43
    /// characters, and a body of 87, the name with a dot and 43 others. It is no key authorization of
    /// anybody's, so nobody gets a certificate by it.
    pub fn self_test() -> Self {
        let token = "propwatch-self-test-please-delete-afterward".to_owned();
        let content = format!("{token}.this-is-no-key-authorization-of-anybody-000");
        ChallengeFile { token, content: Some(content) }
    }

    /// The path that the CA asks for.
    pub fn path(&self) -> String {
        format!("/.well-known/acme-challenge/{}", self.token)
    }
}

/// One request of a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// What was asked for, with control characters escaped.
    pub url: String,
    /// The address that was connected to, or was to be.
    pub address: IpAddr,
    /// The status, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The `Server` header, control characters escaped and at most 80 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}

/// Why no connection came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectFailure {
    /// The port is closed.
    Refused,
    /// Nothing came back: a firewall, or no such host.
    TimedOut,
    /// The network says that there is no way there.
    Unreachable,
    /// This machine has no network of that family: says nothing about the server.
    NoRoute,
}

/// What went wrong on a connection that had come about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Broken {
    /// It took too long.
    TimedOut,
    /// The server closed or reset the connection.
    Closed,
    /// What came is no HTTP/1 answer.
    NotHttp,
    /// The headers never ended.
    HeadersTooLong,
    /// Plain HTTP was asked for, and TLS answered.
    Tls,
    /// The TLS handshake failed, in the library's words.
    Handshake(String),
    /// The encoding of the body (gzip) could not be undone.
    Encoding,
}

/// Why the CA does not follow a redirect (boulder `va/http.go`, `extractRequestTarget`, `processRedirect`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BadRedirect {
    /// More of them than are followed.
    TooMany,
    /// It comes back to a place where it has been.
    Loop,
    /// 303, or another status that is not 301, 302, 307, 308.
    Status(u16),
    /// Neither `http` nor `https`.
    Scheme(String),
    /// Neither 80 nor 443.
    Port(u16),
    /// No host, or one that cannot be.
    Host(String),
    /// A host that is no name below a top-level domain.
    NotPublic(String),
    /// An address that no public CA connects to.
    Reserved(IpAddr),
    /// A path of more than 2000 characters.
    LongPath,
    /// It cannot be read as a URL.
    Unreadable(String),
    /// The redirecting server speaks only TLS before 1.2.
    OldTls,
}

/// How the body of the last answer compares with what must be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodySeen {
    /// Nothing was expected.
    NotCompared,
    /// What it should be, white space at its end aside.
    Right,
    /// 128 bytes or more: the CA reads no further.
    TooLong,
    /// Something else.
    Different,
}

/// How a visit ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebEnd {
    /// The last hop answered, and led no further.
    Answered {
        /// Its status.
        status: u16,
        /// Its body, held against what must be there.
        body: BodySeen,
        /// How the body begins: at most 60 characters, control characters escaped.
        begins: String,
    },
    /// The last hop could not be connected to.
    NotConnected(ConnectFailure),
    /// The last hop's connection broke.
    Broken(Broken),
    /// The last hop leads to where the CA does not go.
    Redirect(BadRedirect),
    /// The last hop leads to a host for which no address can be found.
    Unresolved(Name),
}

/// One visit: the name's file, asked of one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The requests in order; the first one is to the address of the errand. Never empty.
    pub hops: Vec<Hop>,
    /// How it ended.
    pub end: WebEnd,
    /// Milliseconds from beginning to end.
    pub took: u32,
}

impl Visit {
    /// Whether it did not get as far as a redirect: the CA falls back from IPv6 only then.
    pub fn is_direct(&self) -> bool {
        self.hops.len() < 2
    }
}

/// The certificate that a server shows on port 443.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateSeen {
    /// The DNS names in it, at most 10.
    pub names: Vec<String>,
    /// When it expires.
    pub until: Timestamp,
}

/// The network that an address belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginAs {
    /// The number of the autonomous system.
    pub number: u32,
    /// Whose it is, in the registry's words.
    pub holder: String,
}

/// Whose server is at an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The names that the address points back to (PTR), at most 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pointers: Vec<Name>,
    /// The network; none when it could not be learnt or was not to be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<OriginAs>,
    /// What it shows on port 443.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateSeen>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_self_test_has_the_shape_of_a_challenge() {
        let file = ChallengeFile::self_test();
        let content = file.content.clone().unwrap();
        assert_eq!((file.token.len(), content.len()), (43, 87));
        let base64url = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let (token, thumbprint) = content.split_once('.').unwrap();
        assert!(token == file.token && token.chars().chain(thumbprint.chars()).all(base64url));
        assert_eq!(file.path(), format!("/.well-known/acme-challenge/{token}"));
    }
}
