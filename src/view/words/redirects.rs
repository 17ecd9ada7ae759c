//! Words about redirects that the CA does not follow.

use crate::model::{BadRedirect, WebPlace};
use crate::view::escape::clean;

use super::web::{EXEMPT, whose};
use super::{Said, Words};

impl Words<'_> {
    pub(super) fn web_redirect(&self, at: &WebPlace, why: &BadRedirect) -> Said {
        let what = match why {
            BadRedirect::TooMany => "sends the test on and on, more than ten times".to_owned(),
            BadRedirect::Loop => "sends the test in a circle".to_owned(),
            BadRedirect::Status(status) => {
                format!(
                    "redirects the test with {status}, and Let's Encrypt follows only 301, 302, 307 and 308"
                )
            }
            BadRedirect::Scheme(scheme) => {
                format!("redirects the test to {}:, which is neither http nor https", clean(scheme))
            }
            BadRedirect::Port(port) => {
                format!("redirects the test to port {port}, and Let's Encrypt goes to 80 and 443 only")
            }
            BadRedirect::Host(host) if host.is_empty() => "redirects the test to no host at all".to_owned(),
            BadRedirect::Host(host) => format!("redirects the test to {}, which is no host", clean(host)),
            BadRedirect::NotPublic(host) => {
                format!("redirects the test to {}, which is not in the public DNS", clean(host))
            }
            BadRedirect::Reserved(address) => {
                format!("redirects the test to {address}, which is not a public address")
            }
            BadRedirect::LongPath => "redirects the test to a path that is far too long".to_owned(),
            BadRedirect::Unreadable(target) => {
                format!("redirects the test to something that is no address ({})", clean(target))
            }
            BadRedirect::OldTls => "redirects the test from a server that has no TLS 1.2".to_owned(),
        };
        let next = match why {
            BadRedirect::Host(host) if host.ends_with(".well-known") => format!(
                "A slash is missing at the end of the redirect's target: add it in .htaccess or the panel's \
                 Redirects. {}",
                self.after_change()
            ),
            BadRedirect::Loop => format!(
                "Exempt {EXEMPT} from the rules in .htaccess that redirect; with a CDN set its SSL mode to Full. {}",
                self.after_change()
            ),
            _ => self.exempt_from("the redirect", at),
        };
        Said::new(format!("{} {what}", whose(at)), next)
    }
}
