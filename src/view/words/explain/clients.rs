//! Causes with the client and the panel, and what happened, a sentence a class.

use crate::model::{Class, Trouble};
use crate::view::escape::clean;

use super::super::Said;
use super::Explaining;

impl Explaining<'_> {
    /// Causes with the client, and whatever is left.
    pub(super) fn with_clients(&self, trouble: Trouble) -> Said {
        let name = self.name();
        let (text, next) = match trouble {
            Trouble::EarlierFailure => (
                "an earlier step of the same order had failed, and the client went on",
                "Look for the first error above this one, repair that, and press Issue again.",
            ),
            Trouble::JudgedAlready => (
                "the try had been judged already: two clicks, or two clients at once",
                "Press Issue once more, and wait for its end.",
            ),
            Trouble::FailedOrder => (
                "the panel took up an order that had failed before",
                "Repair the cause of the first failure, then press Issue again: that makes a new order.",
            ),
            Trouble::OrderGone => (
                "the order is too old, or belongs to the other service (dry run or real)",
                "Begin anew: press Issue again.",
            ),
            Trouble::NonceUsed => {
                ("a harmless slip in the conversation with the CA", "Press Issue once more.")
            }
            Trouble::Terms => (
                "the account has not agreed to the CA's terms",
                "Accept the terms in the panel, or ask the hosting to update it.",
            ),
            Trouble::AccountGone => (
                "the account was switched off, or belongs to the other service (dry run or real)",
                "Have the panel make a new account; ask the hosting if there is no way to.",
            ),
            Trouble::RequestWrong => (
                "the certificate request has other names or a key that the CA does not take",
                "Choose another kind of key in the panel; else it is a mistake of the client: tell the hosting.",
            ),
            Trouble::ProfileWrong => {
                ("the client asks for a profile that is not there", "Remove the profile from its settings.")
            }
            Trouble::MustStaple => {
                ("the option must-staple is switched on", "Switch must-staple off in the panel.")
            }
            Trouble::OldClient => ("the client is out of date, or broken", "Update it, or tell the hosting."),
            Trouble::WebDirectory => (
                "the panel may not write into the web directory: another owner, or the quota is used up",
                "In File Manager delete the folder .well-known (or have the hosting correct its owner); look at Disk Usage.",
            ),
            Trouble::CaUnreachable => (
                "the hosting server itself cannot reach the CA",
                "Tell the hosting: outgoing HTTPS to acme-v02.api.letsencrypt.org fails.",
            ),
            Trouble::LocalNames => (
                "the hosting server sees other addresses than the world does: a hosts file, split DNS",
                "Compare with propwatch check from another network; the hosting can correct the server's own view.",
            ),
            Trouble::DnsNotHere => (
                "the domain's DNS is hosted elsewhere, so AutoSSL cannot prove it that way; that is usual",
                "Look at the line about HTTP above this one: that is the real reason.",
            ),
            _ => {
                return Said::new(
                    format!("something about {name} that has no words here"),
                    "Run propwatch check.",
                );
            }
        };
        Said::new(text, next)
    }

    /// What happened, in one or two sentences.
    pub(super) fn happened(&self, class: Class) -> String {
        self.looked_up(class)
            .or_else(|| self.fetched(class))
            .or_else(|| self.limited(class))
            .unwrap_or_else(|| self.before_or_after(class))
    }

    fn looked_up(&self, class: Class) -> Option<String> {
        let (ca, name, record) = (self.ca(), self.subject(), self.record());
        let asked = format!("{ca} asked for the {record} record of {name}");
        Some(match class {
            Class::DnsNxdomain => format!(
                "{asked}, and a name server of the domain said that there is no such name (NXDOMAIN)."
            ),
            Class::DnsTruncated => format!("{asked}; the answer was cut off, over TCP as well."),
            Class::DnsTimeout => format!("{asked}, and got no answer in time."),
            Class::DnsServfail => format!(
                "{asked}, and got nothing from the domain's name servers that could be used (SERVFAIL)."
            ),
            Class::DnsRcode | Class::DnsEde => format!("{asked}, and its resolver gave an error instead."),
            Class::DnsNet | Class::DnsResolver => format!("{asked}, and its own resolver failed."),
            Class::DnsUnreachable => format!("{asked}, and could not reach any name server of the domain."),
            Class::DnsNodata => format!("{ca} found no address of {name} that it would go to."),
            Class::DnssecDnskeyMissing => {
                format!("{asked}. The registry says that the domain is signed (DNSSEC), and no key fits.")
            }
            Class::DnssecBogus => format!("{asked}, and the signatures (DNSSEC) did not hold."),
            Class::DnssecSigExpired => format!("{asked}, and the signatures (DNSSEC) had run out."),
            Class::DnssecSigFuture => format!("{asked}, and the signatures (DNSSEC) were not valid yet."),
            Class::DnssecRrsigMissing => {
                format!("{asked}. The domain is signed (DNSSEC), and the answer was not.")
            }
            Class::DnssecNsecMissing => {
                format!("{asked}. There is none, and the name servers did not prove it (DNSSEC).")
            }
            Class::DnssecOther => {
                format!("{asked}. The domain is signed (DNSSEC) in a way that it cannot use.")
            }
            Class::Dns01Missing => format!("{ca} found no TXT record at _acme-challenge.{name}."),
            Class::Dns01Incorrect => {
                format!("{ca} found another TXT record at _acme-challenge.{name} than the one it wants.")
            }
            Class::CaaForbids => {
                format!("The web server passed; then the CAA records found at {name} forbade {ca} to issue.")
            }
            Class::CaaMulti => format!(
                "When the order was to be finished, CAA records forbade it, for {name} and other names."
            ),
            Class::PebbleResolve => "Pebble could not look the name up.".to_owned(),
            Class::AutosslNoip => format!("AutoSSL found no address of {name}."),
            Class::AutosslPrivate => format!("On the hosting server {name} leads to a private address."),
            Class::AutosslOtherhost => {
                format!("AutoSSL found that {name} leads to {}, which is not this server.", self.address())
            }
            _ => return None,
        })
    }

    fn fetched(&self, class: Class) -> Option<String> {
        let (ca, name) = (self.ca(), self.name());
        let at = self.diagnosis.address.map_or(String::new(), |address| format!(" at {address}"));
        let asked = format!("{ca} asked the web server of {name}{at} for its test file");
        let code = self.diagnosis.answer.map_or(String::new(), |code| format!(" ({code})"));
        Some(match class {
            Class::Http404 => format!("{asked}, and it was not there{code}."),
            Class::Http40xAuth => format!("{asked}, and was refused{code}."),
            Class::HttpCdn52x => {
                format!("{asked}, and a CDN answered that it could not reach the server behind it{code}.")
            }
            Class::Http5xx => format!("{asked}, and the server failed{code}."),
            Class::Http3xx => format!("{asked}, and got a redirect without a target{code}."),
            Class::Http4xx => format!("{asked}, and the request was refused{code}."),
            Class::Http2xx => format!("{asked}, and the answer was not a plain 200{code}."),
            Class::HttpMismatch => format!("{asked}, and got something with another content."),
            Class::HttpBody => format!("{asked}, and got a page instead."),
            Class::HttpBodyread => format!("{asked}, and the answer broke off."),
            Class::NetTimeoutConnect => format!("{asked}, and no connection came about within 10 s."),
            Class::NetTimeoutAfter => format!("{asked}, was connected, and got no answer in time."),
            Class::NetRefused | Class::PebbleRefused => format!("{asked}, and the port was closed."),
            Class::NetReset => format!("{asked}, and the connection was broken off."),
            Class::NetUnreach => format!("{asked}, and there was no way to that address."),
            Class::NetH2 => format!("{asked}, and the server spoke HTTP/2 on the port for plain HTTP."),
            Class::NetNotls => format!("{asked}, and port 443 spoke plain HTTP."),
            Class::TlsAlert => format!("{asked}, was sent to https, and the TLS handshake was refused."),
            Class::NetOther => format!("{asked}, and could not read the answer."),
            Class::NetConnectOld => format!("{asked}, and could not connect."),
            Class::NetReserved => {
                format!("{name} leads to a private or reserved address, to which no public CA goes.")
            }
            Class::AlpnNegotiate | Class::AlpnCert | Class::AlpnContact => {
                format!(
                    "{ca} wanted the proof on port 443 of {name} (tls-alpn-01), and whoever answered there did not give it."
                )
            }
            Class::MpicRpc | Class::MpicUnknown => {
                format!("The looks of {ca} from elsewhere in the world failed inside the CA.")
            }
            Class::PebbleStatus => format!("Pebble got another status than 200{code}."),
            Class::AutosslHttp => {
                format!("AutoSSL asked for its own file on {name}, and did not get it{code}.")
            }
            Class::AutosslFetch => format!("AutoSSL could not fetch its own file from {name}."),
            Class::AutosslContent => format!("AutoSSL got something else than its own file from {name}."),
            Class::SelfcheckStatus => {
                "cert-manager's own look at its file failed; the CA was not asked yet.".to_owned()
            }
            _ => return self.sent_on(class, &asked),
        })
    }

    fn sent_on(&self, class: Class, asked: &str) -> Option<String> {
        Some(match class {
            Class::RedirectLoop => format!("{asked}, and was sent in a circle."),
            Class::RedirectMany | Class::PebbleRedirect => {
                format!("{asked}, and was sent on more than ten times.")
            }
            Class::RedirectLong => format!("{asked}, and was sent to a path of more than 2000 characters."),
            Class::RedirectCode => format!(
                "{asked}, and was sent on by a status that it does not follow (303 See Other, mostly)."
            ),
            Class::RedirectScheme => {
                format!("{asked}, and was sent to something that is neither http nor https.")
            }
            Class::RedirectPort => format!("{asked}, and was sent to a port other than 80 and 443."),
            Class::RedirectNohost => format!("{asked}, and was sent to a URL without a host."),
            Class::RedirectSlash => {
                format!("{asked}, and was sent to a host that has run together with the path.")
            }
            Class::RedirectTld => format!("{asked}, and was sent to a name that is not public."),
            Class::RedirectReserved => format!("{asked}, and was sent to a private or reserved address."),
            Class::RedirectIpOld => format!("{asked}, and was sent to a bare address."),
            Class::RedirectTlsOld => format!("{asked}, and was sent on by a server whose TLS is too old."),
            _ => return None,
        })
    }

    fn limited(&self, class: Class) -> Option<String> {
        let (ca, name) = (self.ca(), self.name());
        Some(match class {
            Class::RatePaused => format!("{ca} has paused this account for {name}."),
            Class::RateFailures => {
                format!("{ca} takes no order for {name} for now: too many tries of this account failed.")
            }
            Class::RateDuplicate => format!(
                "{ca} has issued this very certificate five times within a week, and issues no more of it."
            ),
            Class::RatePerdomain => {
                format!("{ca} has issued as many certificates for {name} as it does within a week.")
            }
            Class::RateNeworders => format!("{ca} takes no further order of this account for now."),
            Class::RateRegistrations => {
                format!("{ca} makes no further account for this server's address for now.")
            }
            Class::RatePendingOld => format!("The account has too many open authorizations for {ca}."),
            Class::RateBusy => format!("{ca} is too busy."),
            Class::PolicyForbidden => format!("{ca} issues nothing for {name}."),
            Class::PolicySuffix => format!("{ca} refuses {name}: it has no public ending."),
            Class::PolicyTld => format!("{ca} refuses {name}: it is a public ending itself."),
            Class::PolicyChar => format!("{ca} refuses {name}: a character in it is not allowed."),
            Class::PolicyShape => format!("{ca} refuses {name}: it is not formed as a name is."),
            Class::PolicyIp => format!("{ca} refuses {name}: it is an address."),
            Class::PolicyWild => format!("{ca} refuses the wildcard for this kind of proof ({name})."),
            Class::PolicyRedundant => {
                format!("{ca} refuses the list: a wildcard in it covers {name} already.")
            }
            Class::PolicyToomany => format!("{ca} refuses the list: too many names."),
            Class::PolicyOndemand => format!("{ca} refuses {name}: it repeats itself."),
            Class::PolicyUnsupported => format!("{ca} refuses something in the list that is no name."),
            _ => return None,
        })
    }

    fn before_or_after(&self, class: Class) -> String {
        let (ca, name) = (self.ca(), self.name());
        match class {
            Class::OrderNotready => {
                "The order was to be finished before all its names had been proved.".to_owned()
            }
            Class::AuthzNotpending => {
                format!("{ca} was asked to look again at something that it had judged already.")
            }
            Class::AuthzInvalidClient => format!("The panel met a proof for {name} that had failed before."),
            Class::AuthzExpired => format!("{ca} does not know the order or the proof (any more)."),
            Class::AuthzNotvalid => format!("The proofs of the order do not hold (any more): {name}."),
            Class::ClientNonce => format!("{ca} got a message out of turn (bad nonce)."),
            Class::ClientTos => format!("{ca} wants its terms to be accepted."),
            Class::ClientAccount => format!("{ca} does not accept the account."),
            Class::ClientCsr => format!("{ca} does not accept the certificate request."),
            Class::ClientProfile => format!("{ca} does not know the profile that the client asks for."),
            Class::ClientMuststaple => format!("{ca} no longer issues certificates with must-staple."),
            Class::ClientChallenge => format!("{ca} does not offer the kind of proof that the client wants."),
            Class::ClientJws => format!("{ca} could not read what the client sent."),
            Class::CaSct => "Everything passed, and the public logs did not answer the CA.".to_owned(),
            Class::CaInternal => format!("Something failed inside {ca}."),
            Class::PanelMkdir => {
                "The panel could not write its test file into the web directory. The CA was not asked."
                    .to_owned()
            }
            Class::PanelTimeout => format!("The panel gave up before {ca} had judged {name}."),
            Class::PanelConnect => format!("The hosting server could not talk to {ca}."),
            Class::AutosslDns => "AutoSSL could not prove the name by DNS either.".to_owned(),
            _ => format!("{ca} refused {name}: {}.", clean(class.code())),
        }
    }
}
