//! From a reason to its sentence: the table of all causes.

use crate::model::{Cause, Effect, Name, Reason, Record, Timestamp};
use crate::view::escape::clean;

use super::{Said, Words, count};

impl Words<'_> {
    /// What is the matter with `record`, and the one next step.
    pub fn reason(&self, record: &Record, reason: &Reason) -> Said {
        self.unless_over(reason, reason.who.as_deref(), self.of_cause(record, reason))
    }

    /// A watch that has reached what it waited for leaves nothing to do about a cache that is late.
    pub(super) fn unless_over(&self, reason: &Reason, who: Option<&str>, said: Said) -> Said {
        let late = match &reason.cause {
            Cause::ResolverStale { .. } | Cause::ResolverMixed { .. } => {
                who.is_none_or(|who| self.flush_page(who).is_none())
            }
            Cause::ResolverFailing { .. }
            | Cause::ResolverUnconfirmed { .. }
            | Cause::ResolversPending { .. } => true,
            _ => false,
        };
        if late && reason.effect == Effect::Warns && self.has_ended() {
            return Said::new(said.text, "Nothing to do: the verdict does not wait for it.");
        }
        said
    }

    fn of_cause(&self, record: &Record, reason: &Reason) -> Said {
        let who = reason.who.as_deref().map_or_else(|| "a resolver".into(), clean);
        match &reason.cause {
            Cause::ZoneMissing { zone, parent } => self.zone_missing(zone, parent),
            Cause::ParentSplit { zone, parent } => self.parent_split(zone, parent),
            Cause::NotLookedAt => Said::new(
                "it had not been looked at in full when this ended",
                "Run the same command again and give it more time: where --timeout ended it, a longer one.",
            ),
            // Where any of them were silent nobody would know what it says, and nothing would block.
            Cause::AuthoritySilent { zone, .. } if reason.effect == Effect::Blocks => all_lame(zone),
            Cause::AuthoritySilent { zone, failure } => self.authority_silent(zone, failure),
            Cause::Port53Blocked => port53_blocked(),
            Cause::Port53Intercepted => port53_intercepted(),
            Cause::NoNetwork => self.no_network(),
            Cause::AuthorityWrong { zone, held } => self.authority_wrong(record, zone, held),
            Cause::AuthorityUnchanged { zone, held, since } => {
                self.authority_unchanged(record, zone, held, *since)
            }
            Cause::AuthorityBehind { server, held, serial, newest } => {
                self.authority_behind(record, &clean(server), held, (*serial, *newest))
            }
            Cause::AuthorityStuck { server, held } => self.authority_stuck(record, &clean(server), held),
            Cause::AuthorityDead { server, addr, failure } => {
                self.authority_dead(record, &clean(server), *addr, failure)
            }
            Cause::AuthorityLame { server, addr, rcode } => {
                self.authority_lame(record, &clean(server), *addr, *rcode)
            }
            Cause::AuthorityNoAddress { server } => self.authority_no_address(record, server),
            Cause::NsMismatch { zone, parent_only, child_only } => {
                self.ns_mismatch(zone, parent_only, child_only)
            }
            Cause::GlueMismatch { host, glue, own } => self.glue_mismatch(host, glue, own),
            Cause::AliasLoop { name } => self.alias_loop(record, name),
            Cause::UnexpectedAaaa { addresses } => self.unexpected_aaaa(record, addresses),
            Cause::ReservedAddress { address, block } => self.reserved(*address, &clean(block)),
            Cause::CaMayCache { until } => self.ca_may_cache(*until),
            Cause::FormerAuthorityAnswers { server, held } => {
                self.former_answers(record, &clean(server), held)
            }
            Cause::ResolversNotAsked => self.not_asked(),
            Cause::ResolverStale { held, until } => self.stale(record, &who, held, *until),
            Cause::ResolverMixed { held, wrong, caches, until } => {
                self.mixed(record, &who, held, (*wrong, *caches), *until)
            }
            Cause::ResolverFailing { rcode } => self.failing(&who, *rcode),
            Cause::ResolverBogus => self.bogus(record, &who),
            Cause::ResolverSuspect { held } => self.suspect(record, &who, held),
            Cause::ResolverUnconfirmed { samples, needed } => self.unconfirmed(&who, *samples, *needed),
            Cause::ResolversPending { pending } => {
                self.soon(format!("{} still to answer", count(*pending, "resolver is", "resolvers are")))
            }
            Cause::ResolverSilent { failure } => self.silent(&who, failure.as_ref()),
            Cause::WitnessStale { held, until } => self.witness(record, &who, held, *until),
            Cause::TooFewAnswered { answered, voters } => too_few_answered(*answered, *voters),
            Cause::TooFewOperators { operators, needed } => too_few_operators(*operators, *needed),
            Cause::Settling { until } => self.settling(*until),
            Cause::NotEveryone { until } => self.not_everyone(*until),
            Cause::AuthorityPending => {
                self.soon("name servers that have just joined the zone are still to answer")
            }
            Cause::ChecksPending => self.soon("CAA, DNSSEC and the web server are still being looked at"),
            Cause::ChecksAgain => self.soon(
                "what was waited for was there; CAA, DNSSEC and the web server were to be looked at once more",
            ),
            Cause::WebNotProven => web_not_proven(),
            of_the_ca => self.issuing(record, of_the_ca),
        }
    }

    /// What this watch itself will soon know.
    fn soon(&self, text: impl Into<String>) -> Said {
        Said::new(text, self.just_wait())
    }

    fn no_network(&self) -> Said {
        Said::new(
            "nothing answers at all: this machine seems to have no network",
            if self.goes_on() {
                "Connect this machine to the network; this watch then goes on by itself."
            } else {
                "Connect this machine to the network, then run the same command again."
            },
        )
    }

    fn settling(&self, until: Timestamp) -> Said {
        Said::new(
            format!("everything is right, and must stay so until {}", self.when.clock(until)),
            self.wait_until_then(until),
        )
    }

    fn not_everyone(&self, until: Option<Timestamp>) -> Said {
        let end = match until {
            Some(at) => format!("until {}", self.when.clock(at)),
            None => "for a time that cannot be told".to_owned(),
        };
        Said::new(
            format!("some visitors may still be sent to the old place, {end}"),
            "Nothing to do for the certificate; leave the old place running for those visitors.",
        )
    }
}

fn port53_blocked() -> Said {
    Said::new(
        "this network lets no plain DNS question out (port 53), so the name servers themselves cannot be asked",
        "Run propwatch from a network that does: a phone's hotspot, or the hosting server itself.",
    )
}

fn port53_intercepted() -> Said {
    Said::new(
        "something on this network answers DNS questions in other servers' names, so the answers prove nothing",
        "Switch off the DNS filter of the router or VPN, or run propwatch from another network.",
    )
}

fn too_few_answered(answered: u32, voters: u32) -> Said {
    Said::new(
        format!("only {answered} of {} answered, too few to tell", count(voters, "resolver", "resolvers")),
        "Run propwatch from another network, or name resolvers that answer from here with --resolver.",
    )
}

fn too_few_operators(operators: u32, needed: u32) -> Said {
    Said::new(
        format!(
            "the resolvers that agree belong to {} only, and {needed} are needed",
            count(operators, "operator", "operators")
        ),
        "Name resolvers of other operators with --resolver.",
    )
}

fn web_not_proven() -> Said {
    Said::new(
        "that the web server serves Let's Encrypt's file is not proven",
        "Tick Dry run in the panel's Let's Encrypt page first: a failure there costs nothing.",
    )
}

/// None of the zone's servers that could be asked answers for it.
fn all_lame(zone: &Name) -> Said {
    Said::new(
        format!("none of the name servers of {zone} answers for it"),
        format!(
            "Ask whoever runs them whether {zone} is set up there and loaded (a panel does it when the domain is \
             added); if it is served elsewhere, enter those name servers at the registrar."
        ),
    )
}
