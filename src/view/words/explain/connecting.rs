//! What can be wrong on the way to the web server: addresses, ports, TLS, redirects.

use crate::model::Trouble;

use super::super::Said;
use super::{Explaining, RULE};

impl Explaining<'_> {
    /// Causes on the way: which server, which port, which redirect.
    pub(super) fn on_the_way(&self, trouble: Trouble) -> Option<Said> {
        let (name, address, path) = (self.name(), self.address(), self.path());
        Some(match trouble {
            Trouble::OtherServer => self.other_server(),
            Trouble::StaleAaaa => Said::new(
                format!("{name} has an IPv6 address that leads elsewhere, and the CA goes to IPv6 first"),
                format!(
                    "{} delete the AAAA record {address} of {name}; or, if it is this server's own, expect it as \
                     well.",
                    self.editor()
                ),
            ),
            Trouble::DeadAaaa => Said::new(
                format!("{name} has an IPv6 address (AAAA) at which nothing answers"),
                format!(
                    "{} delete the AAAA record of {name}, or have IPv6 set up on the server.",
                    self.editor()
                ),
            ),
            Trouble::PortFiltered => Said::new(
                format!("a firewall drops connections to port 80 of {address}, for some places at least"),
                "Ask the hosting to open port 80 to the whole world: the CA has no fixed addresses. A fail2ban list or a \
                 block on countries does the same harm.",
            ),
            Trouble::NothingListens => Said::new(
                format!("no web server listens at {address} on port 80 (on 443 behind a redirect to https)"),
                "Ask the hosting to start the web server on that address, or correct the A and AAAA records.",
            ),
            Trouble::Countries => Said::new(
                "the server shuts some countries or networks out, and the CA looks from several continents",
                "In cPanel look into IP Blocker and the firewall or CDN for blocks on countries; free port 80 for all.",
            ),
            Trouble::Resets => Said::new(
                "a firewall or a protection against attacks breaks the CA's connections off",
                format!("Ask the hosting to let requests for {path} through, whoever sends them."),
            ),
            Trouble::NoBackend => Said::new(
                "a proxy takes the connection and has no server behind it",
                "Correct the origin in the settings of the proxy or CDN.",
            ),
            Trouble::PacketSize => Said::new(
                "large packets get lost on the way (MTU)",
                "Ask the hosting to look into the MTU, and to let ICMP through.",
            ),
            Trouble::Overloaded => Said::new(
                "the web server takes connections and is too slow with its answers",
                "Try again when there is less load; a plain file must come within seconds.",
            ),
            Trouble::SlowLookup => Said::new(
                "a slow DNS lookup had used up the time before the web server was asked",
                "Run propwatch check: it names the name server that is slow or silent.",
            ),
            Trouble::DeadTarget => Said::new(
                "a redirect leads to a host or port that cannot be reached; behind a redirect the CA does not go over to IPv4",
                format!("Take {path} out of the redirect, or repair the A and AAAA records of its target."),
            ),
            _ => return self.by_tls(trouble).or_else(|| self.redirected(trouble)),
        })
    }

    fn by_tls(&self, trouble: Trouble) -> Option<Said> {
        let (name, wanted, path) = (self.name(), self.wanted(), self.path());
        Some(match trouble {
            Trouble::HttpsPlain => Said::new(
                "the redirect leads to https, and port 443 speaks plain HTTP: no certificate is set up there yet",
                format!("Take {path} out of the redirect to https until there is a certificate."),
            ),
            Trouble::NoCertificate => Said::new(
                "the redirect leads to https, where the server or CDN has no certificate for that name yet",
                format!(
                    "Take {path} out of the redirect to https, or wait until the CDN has set up its certificate."
                ),
            ),
            Trouble::OtherTls => Said::new(
                "a CDN or another server answers on port 443",
                "Let the client use the HTTP challenge (http-01), which needs port 80 only.",
            ),
            Trouble::OldTls => Said::new(
                "the server speaks only TLS 1.0 or 1.1",
                format!("Take {path} out of the redirect to https, or have TLS 1.2 switched on."),
            ),
            Trouble::CdnOrigin => Said::new(
                format!(
                    "the CDN in front of {name} (Cloudflare by the code) cannot reach the server behind it"
                ),
                format!(
                    "In the CDN's DNS page set the origin to {wanted}, or switch its proxy off (grey cloud) until the \
                     certificate is there; the mode Full (strict) needs one first."
                ),
            ),
            Trouble::FlexibleTls => Said::new(
                "a CDN asks this server by http (mode Flexible) and is sent to https each time",
                "In the CDN's SSL/TLS page choose Full instead of Flexible.",
            ),
            _ => return None,
        })
    }

    fn other_server(&self) -> Said {
        let (name, address, wanted) = (self.name(), self.address(), self.wanted());
        let rtype = if self.diagnosis.address.is_some_and(|a| a.is_ipv6()) { "AAAA" } else { "A" };
        let text = if self.diagnosis.address.is_some() {
            format!(
                "{name} still leads to another server: {address} is the former host, a parking page, or a CDN"
            )
        } else {
            format!("{name} still leads to another server: the former host, a parking page, or a CDN")
        };
        Said::new(
            text,
            format!(
                "{} change the {rtype} record of {name}{} to {wanted}. If it is so there already, the domain's name \
                 servers are elsewhere: change the record there, and wait until all of them have it.",
                self.editor(),
                if self.diagnosis.address.is_some() { format!(" from {address}") } else { String::new() }
            ),
        )
    }

    fn redirected(&self, trouble: Trouble) -> Option<Said> {
        let path = self.path();
        let exempt =
            format!("In cPanel's File Manager open .htaccess in the web directory, and put first: {RULE}");
        let (text, next) = match trouble {
            Trouble::RewriteLoop => (
                "two rules undo each other: http to https and back, or www to the bare name and back",
                format!(
                    "{exempt}. Then look for the pair of rules, in .htaccess, in cPanel's Redirects and in the CMS."
                ),
            ),
            Trouble::RewriteGrows => (
                "a rule adds something to the URL each time, and so meets itself for ever",
                format!("{exempt}."),
            ),
            Trouble::BadLocation => (
                "a redirect's target is broken: an empty variable, a wrong scheme",
                format!(
                    "Correct the target in .htaccess or in cPanel's Redirects, or take {path} out of it."
                ),
            ),
            Trouble::PanelPort => (
                "a redirect leads to a panel's or an application's own port; the CA follows to 80 and 443 only",
                format!("Take {path} out of that redirect."),
            ),
            Trouble::MissingSlash => (
                "a redirect lacks the slash at its end, so that host and path run together",
                "In .htaccess or cPanel's Redirects end the target with a slash: https://example.com/"
                    .to_owned(),
            ),
            Trouble::InternalTarget => (
                "a redirect leads to an address or name inside a private network",
                "Let the redirect lead to the public name.".to_owned(),
            ),
            Trouble::AddressTarget => (
                "a redirect leads to a bare address",
                "Let the redirect lead to the name instead.".to_owned(),
            ),
            Trouble::NoLocation => {
                ("the server answers with a redirect that has no target", format!("{exempt}."))
            }
            _ => return None,
        };
        Some(Said::new(text, next))
    }
}
