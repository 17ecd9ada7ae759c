//! What can be wrong in DNS, and what to do about it.

use crate::model::Trouble;

use super::super::Said;
use super::Explaining;

impl Explaining<'_> {
    /// Causes in the zone, at its name servers, at the registrar.
    pub(super) fn in_dns(&self, trouble: Trouble) -> Option<Said> {
        let (name, editor, fields) = (self.subject(), self.editor(), self.fields());
        Some(match trouble {
            Trouble::RecordMissing => Said::new(
                format!("there is no record for {name} in the zone that the world uses"),
                format!("{editor} add: {fields}."),
            ),
            Trouble::ZoneElsewhere => Said::new(
                "the record is in cPanel, and the domain's name servers are somebody else's",
                "Compare the name servers at the registrar with those of the hosting. Either make the record where the \
                 name servers are, or enter the hosting's name servers at the registrar.",
            ),
            Trouble::NameNotMeant => Said::new(
                format!("{name} was never meant to have a web site (mail., cpanel., webdisk. and the like)"),
                format!("Untick {name} in the list of names, and press Issue for the others."),
            ),
            Trouble::ServersBehind => Said::new(
                "some of the name servers have the new record, and others do not yet",
                "Wait until all of them have it: the CA picks one by chance, from several places.",
            ),
            Trouble::Registry => Said::new(
                "the delegation of the domain is new and still spreading, or the domain has expired or is on hold",
                "Look the domain up at the registrar: paid, active, the right name servers.",
            ),
            Trouble::ServersDead => Said::new(
                "one or more of the domain's name servers do not answer",
                "Tell whoever runs the name servers which one is silent, or take it out of the list at the registrar.",
            ),
            Trouble::GlueBroken => Said::new(
                "a name server has a wrong address at the registry, or one in IPv4 or IPv6 that is not served",
                "At the registrar compare the addresses of the name servers (glue, host records) with their real ones.",
            ),
            Trouble::SlowChain => Said::new(
                "the name leads over aliases or name servers in other zones, which takes too long",
                format!(
                    "Give {name} an address of its own instead of a CNAME, or ask the DNS host about the delay."
                ),
            ),
            Trouble::OddQuestions => Said::new(
                "a name server drops or refuses questions that browsers never ask: CAA, or names in mixed case",
                "Ask the DNS host to answer CAA questions with an empty answer, and to take names in any case.",
            ),
            Trouble::LameDelegation => Said::new(
                "the registrar points at name servers that do not know the domain (any more)",
                "At the registrar enter the name servers that do have the zone, or have the zone set up on these.",
            ),
            Trouble::DnsFirewall => Said::new(
                "a firewall in front of the name servers shuts the CA's resolvers out",
                "Ask the DNS host to let questions in from everywhere, over UDP and TCP.",
            ),
            Trouble::NoAddress => Said::new(
                format!("{name} exists, for mail perhaps, but without an address"),
                format!("{editor} add: {fields}."),
            ),
            Trouble::PrivateAddress => Said::new(
                format!("the address of {name} is private or reserved, which the CA drops"),
                format!("{editor} put the public address in its place: {fields}."),
            ),
            Trouble::DeadAlias => Said::new(
                format!("{name} is an alias (CNAME) of a name that has no address"),
                format!("{editor} replace the CNAME record by: {fields}."),
            ),
            Trouble::CaaTooLarge => Said::new(
                "there are more CAA records than fit, and the name servers do not answer over TCP",
                "Delete CAA records, and ask the DNS host to open TCP port 53.",
            ),
            _ => return self.signed(trouble).or_else(|| self.proved_by_dns(trouble, &name)),
        })
    }

    fn signed(&self, trouble: Trouble) -> Option<Said> {
        let (text, next) = match trouble {
            Trouble::DnssecChain => (
                "DNSSEC is broken: the registry promises signatures that the name servers do not give",
                "Have the DS record at the registrar removed or replaced by the DNS host's own.",
            ),
            Trouble::DsLeft => (
                "a DS record of the former DNS host was left at the registrar, and the new one does not sign",
                "Remove the DS record (DNSSEC) at the registrar. The CA sees that within 60 s, visitors within a day or so.",
            ),
            Trouble::KeysChanged => (
                "the keys of the zone were changed, and the DS record at the registrar was not",
                "Take the DS record from the DNS host and enter it at the registrar in place of the old one.",
            ),
            Trouble::KeysBlocked => (
                "the answer with the keys is large and does not come through",
                "Ask the DNS host whether large answers and TCP port 53 are let through.",
            ),
            Trouble::SignaturesSpoilt => (
                "one of the name servers, or something in front of it, spoils or strips the signatures",
                "Ask the DNS host to compare the signatures of all its servers.",
            ),
            Trouble::MixedSigning => (
                "some of the name servers serve the signed zone, and others an unsigned one",
                "Make all name servers serve the signed zone, or take the others out at the registrar.",
            ),
            Trouble::SignerStopped => (
                "the signatures have run out: nothing renews them any more",
                "Have the DNS host sign the zone again; if that takes long, remove the DS record at the registrar.",
            ),
            Trouble::SignerClock => (
                "the clock of the machine that signs the zone is wrong",
                "Tell the DNS host; the CA allows for no difference at all.",
            ),
            Trouble::DenialBroken => (
                "the name servers do not prove that there is no CAA record",
                "Tell the DNS host. Until then a CAA record helps: in Zone Editor add Type CAA, 0 issue \"letsencrypt.org\".",
            ),
            Trouble::OddAlgorithm => (
                "the zone is signed in a way that the CA does not take",
                "Have the DNS host sign with a usual algorithm (13 or 8), and replace the DS record.",
            ),
            _ => return None,
        };
        Some(Said::new(text, next))
    }

    fn proved_by_dns(&self, trouble: Trouble, name: &str) -> Option<Said> {
        Some(match trouble {
            Trouble::TxtMissing => Said::new(
                format!("the TXT record _acme-challenge.{name} is not on the server that was asked"),
                "Wait until every name server has it. The client removes it after each try: look while it runs.",
            ),
            Trouble::TxtDoubled => Said::new(
                format!(
                    "the record was made one level too deep: _acme-challenge.{name} with the domain once more behind it"
                ),
                "In Zone Editor end the name with a dot, or leave the domain out.",
            ),
            Trouble::TxtStale => Said::new(
                "a TXT record of an earlier try is still there, on one server at least",
                format!("In Zone Editor delete the old TXT records of _acme-challenge.{name}."),
            ),
            Trouble::ChallengeAlias => Said::new(
                format!("_acme-challenge.{name} is an alias: somebody else owns the answer"),
                format!(
                    "In Zone Editor delete the CNAME record of _acme-challenge.{name}, if nobody needs it."
                ),
            ),
            Trouble::CaaOthers => Said::new(
                format!("the CAA records of {name} or of a domain above it name other CAs only"),
                format!(
                    "In Zone Editor add at {name}: Type CAA, 0 issue \"letsencrypt.org\"; or delete its CAA records. At a \
                     CNAME's target that is up to whoever runs it."
                ),
            ),
            Trouble::CaaMisspelt => Said::new(
                "a CAA record means Let's Encrypt and misspells it: capitals, quotes within the value, letsencrypt.com",
                "Write it exactly so: 0 issue \"letsencrypt.org\".",
            ),
            Trouble::CaaParameters => Said::new(
                "a CAA record ties issuance to another account (accounturi) or another method (validationmethods)",
                self.account_rule(),
            ),
            Trouble::CaaCritical => Said::new(
                "a CAA record with a tag that the CA does not know is marked critical (flags 128 or 1)",
                "Delete that record, or give it the flags 0.",
            ),
            _ => return None,
        })
    }

    /// The account that would have to be named, where the text tells it.
    fn account_rule(&self) -> String {
        let host = if self.is_staging() { "acme-staging-v02" } else { "acme-v02" };
        match &self.diagnosis.account {
            Some(account) => format!(
                "Remove the parameters, or make them fit: accounturi=https://{host}.api.letsencrypt.org/acme/acct/{account}, \
                 validationmethods=http-01."
            ),
            None => "Remove the parameters, or name this hosting's account and http-01 in them.".to_owned(),
        }
    }
}
