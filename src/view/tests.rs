//! Views as event -> text.

mod causes;
mod ended;
mod live;
mod many;
pub(crate) mod samples;
mod shared;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::model::*;

use self::samples::*;
use super::*;

fn text(width: usize) -> Text {
    Text { width, ..Text::plain(TimeZone::fixed(jiff::tz::offset(1))) }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// One of every cause; what foreign servers had a hand in carries `foreign`.
fn every_cause(foreign: &str) -> Vec<Cause> {
    let (zone, parent) = (name("example.com"), name("com"));
    let server: Arc<str> = Arc::from(format!("ns2.example.net{foreign}"));
    let addr: SocketAddr = "192.0.2.11:53".parse().unwrap();
    let secure = Failure::Secure { text: format!("bad certificate{foreign}") };
    let held = old_held();
    let until = Some(secs(310));
    let mut all = vec![
        Cause::ZoneMissing { zone: zone.clone(), parent: parent.clone() },
        Cause::ParentSplit { zone: zone.clone(), parent },
        Cause::NotLookedAt,
        Cause::AuthoritySilent { zone: zone.clone(), failure: secure.clone() },
        Cause::Port53Blocked,
        Cause::Port53Intercepted,
        Cause::NoNetwork,
        Cause::AuthorityUnchanged { zone: zone.clone(), held: held.clone(), since: secs(0) },
        Cause::AuthorityBehind {
            server: server.clone(),
            held: held.clone(),
            serial: Some(1),
            newest: Some(2),
        },
        Cause::AuthorityStuck { server: server.clone(), held: Held::NoName },
        Cause::AuthorityDead { server: server.clone(), addr, failure: Failure::Silent { tries: 3 } },
        Cause::AuthorityLame { server: server.clone(), addr, rcode: Rcode::REFUSED },
        Cause::AuthorityNoAddress { server: name("ns3.example.net") },
        Cause::NsMismatch {
            zone: zone.clone(),
            parent_only: vec![name("a.net")],
            child_only: vec![name("b.net")],
        },
        Cause::GlueMismatch {
            host: name("ns1.example.com"),
            glue: vec![ip("192.0.2.1")],
            own: vec![ip("2001:db8::1")],
        },
        Cause::AliasLoop { name: name("www.example.com") },
        Cause::UnexpectedAaaa { addresses: vec![ip("2001:db8::1")] },
        Cause::ReservedAddress { address: ip("10.0.0.1"), block: Arc::from(format!("private use{foreign}")) },
        Cause::CaMayCache { until: secs(40) },
        Cause::FormerAuthorityAnswers { server, held: held.clone() },
        Cause::AuthorityPending,
        Cause::ChecksPending,
        Cause::WebNotProven,
    ];
    let whats = [
        held,
        Held::Addresses([ip("198.51.100.7"), ip("203.0.113.7")].into()),
        Held::Alias(name("old.example.org")),
        Held::DeadEnd(name("gone.example.org")),
        Held::Loop(name("www.example.com")),
        Held::NoData,
        Held::NoName,
    ];
    for held in whats {
        all.push(Cause::AuthorityWrong { zone: zone.clone(), held: held.clone() });
        all.push(Cause::ResolverStale { held: held.clone(), until });
        all.push(Cause::ResolverStale { held, until: None });
    }
    all.extend(causes_of_resolvers(secure));
    all.extend(causes::causes_of_issuing(foreign));
    all
}

fn causes_of_resolvers(secure: Failure) -> Vec<Cause> {
    let held = old_held();
    let until = Some(secs(310));
    vec![
        Cause::ResolversNotAsked,
        Cause::ResolverMixed { held: held.clone(), wrong: 2, caches: 3, until },
        Cause::ResolverFailing { rcode: Rcode::SERVFAIL },
        Cause::ResolverBogus,
        Cause::ResolverSuspect { held: held.clone() },
        Cause::ResolverUnconfirmed { samples: 1, needed: 2 },
        Cause::ResolverSilent { failure: Some(secure) },
        Cause::ResolversPending { pending: 4 },
        Cause::ResolverSilent { failure: None },
        Cause::WitnessStale { held: held.clone(), until },
        Cause::TooFewAnswered { answered: 12, voters: 40 },
        Cause::TooFewOperators { operators: 1, needed: 3 },
        Cause::Settling { until: secs(20) },
        Cause::NotEveryone { until },
        Cause::NotEveryone { until: None },
    ]
}

fn every_record() -> [Record; 3] {
    [
        a_record("mail.example.com", "203.0.113.7"),
        cname("www.example.com", "example.com"),
        guard("mail.example.com"),
    ]
}

/// All that a person could be shown of these events, line by line.
fn shown(events: &[Event], width: usize) -> Vec<String> {
    let mut cast = Cast::new();
    let mut lines = Vec::new();
    for event in events {
        cast.take(event);
        lines.extend(text(width).event_lines(event, &cast));
        let progress = text(width).progress(&cast, secs(5));
        lines.push(progress.line);
        lines.extend(progress.waiting);
        if let Event::Verdict(report) = event {
            for detail in [Detail::Brief, Detail::Usual, Detail::Full] {
                let screen = Text { detail, ..text(width) }.report(report, &cast);
                lines.extend(screen.lines().map(str::to_owned));
            }
        }
    }
    lines
}

fn opening_lines(watch: bool) -> String {
    let events = opening(watch);
    let cast = cast_of(&events);
    events.iter().flat_map(|event| text(80).event_lines(event, &cast)).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_cause_has_its_words() {
    for watch in [true, false] {
        let cast = cast_of(&opening(watch));
        let words = Words::new(&cast, When::local(TimeZone::UTC, secs(3)));
        for record in every_record() {
            for cause in every_cause("") {
                for who in [Some("google-1"), Some("city3-1"), None] {
                    let reason = because(Effect::Waits, who, cause.clone());
                    let Said { text, next } = words.reason(&record, &reason);
                    for sentence in [&text, &next] {
                        assert!(!sentence.is_empty(), "{cause:?}");
                        assert_eq!(sentence.trim(), sentence, "{cause:?}");
                        assert!(!sentence.contains("  ") && !sentence.contains("TTL"), "{sentence}");
                        assert!(!sentence.contains('!') && !sentence.contains("(s)"), "{sentence}");
                    }
                    assert!(!text.ends_with('.'), "{text}");
                    assert!(next.ends_with('.') || next.ends_with("/cache"), "{next}");
                    let watching = next.contains("this watch") || next.contains("wait here");
                    assert!(watch || !watching, "a single look cannot promise to go on: {next}");
                }
            }
        }
    }
}

#[test]
fn what_to_edit_names_every_field() {
    let cast = cast_of(&opening(true));
    let words = Words::new(&cast, When::local(TimeZone::UTC, secs(3)));
    let [mail, www, guard] = every_record();
    let said = |record: &Record, held: Held| {
        let cause = Cause::AuthorityWrong { zone: name("example.com"), held };
        words.reason(record, &because(Effect::Blocks, None, cause))
    };
    let missing = said(&mail, Held::NoName);
    assert_eq!(missing.text, "the name servers of example.com say that mail.example.com does not exist");
    assert_eq!(
        missing.next,
        "In the Zone Editor of example.com add: Name mail.example.com., Type A, Record 203.0.113.7. Then wait \
         here: nothing else is needed."
    );
    let moved = said(&mail, old_held());
    assert_eq!(
        moved.text,
        "the name servers of example.com say mail.example.com is at 198.51.100.7, not at 203.0.113.7"
    );
    assert!(
        moved.next.contains(
            "the A record of mail.example.com from 198.51.100.7 to 203.0.113.7. If it is a CNAME, "
        )
    );
    let apex = a_record("example.com", "203.0.113.7");
    assert!(!said(&apex, old_held()).next.contains("CNAME"), "a zone's own name is none");
    let both = said(&mail, Held::Addresses([ip("198.51.100.7"), ip("203.0.113.7")].into()));
    assert!(both.next.contains("delete the A record 198.51.100.7 of mail.example.com."), "{}", both.next);
    let alias = said(&www, Held::Alias(name("old.example.org")));
    assert!(alias.next.contains("the CNAME record of www.example.com by: Type CNAME, Record example.com."));
    let empty = said(&www, Held::NoData);
    assert!(empty.next.contains("add: Name www.example.com., Type CNAME, Record example.com."));
    let six = said(&guard, Held::Addresses([ip("2001:db8::1")].into()));
    assert!(six.next.contains("delete the AAAA record 2001:db8::1 of mail.example.com;"), "{}", six.next);
}

#[test]
fn the_opening_says_whom_it_asks_first() {
    assert_eq!(
        opening_lines(true),
        "12:57:00  watching mail.example.com A for 203.0.113.7 until it is safe to issue,\n          \
         for 2 days at most: first its name servers, then 40 resolvers\n\
         12:57:00  example.com is served by ns1.example.net and ns2.example.net"
    );
    assert!(
        opening_lines(false).starts_with("12:57:00  looking at mail.example.com A for 203.0.113.7: first")
    );
}

#[test]
fn the_screen_tells_who_is_behind_until_when() {
    let (events, last) = caches_turning_over(true);
    let screen = text(80).report(&last, &cast_of(&events));
    assert_eq!(screen, include_str!("samples/caches.txt"), "\n{screen}");
}

#[test]
fn a_safe_screen_says_what_it_rests_on_and_what_it_cannot_know() {
    let mut record = entry(0, Verdict::Safe, vec![because(Effect::Warns, None, Cause::WebNotProven)]);
    record.everyone = true;
    let screen = text(80).report(&report(90, vec![record.clone()]), &cast_of(&opening(false)));
    assert_eq!(screen, include_str!("samples/safe.txt"), "\n{screen}");
    record.everyone = false;
    let soon = text(80).report(&report(30, vec![record]), &cast_of(&opening(false)));
    let soon = soon.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(soon.contains("; nor what a change in the last minute has left in the CA's cache."), "{soon}");
}

#[test]
fn a_missing_name_says_what_to_add() {
    let (events, now) = missing_name();
    let cast = cast_of(&events);
    let screen = text(80).report(&now, &cast);
    assert_eq!(screen, include_str!("samples/missing.txt"), "\n{screen}");
    let lines = text(100).event_lines(events.last().unwrap(), &cast);
    let line = "12:57:01  NOT YET: the name servers of example.com say that mail.example.com does not exist.";
    assert_eq!(lines, [line]);
    let progress = text(80).progress(&cast, secs(2));
    assert_eq!(progress.line, "0/2 name servers right · next look 12:57:03: the name servers again");
    assert_eq!(progress.waiting[0], "          ns1.example.net   NXDOMAIN (no such name)");
}

#[test]
fn only_what_a_person_cares_about_scrolls_by() {
    let (events, _) = caches_turning_over(true);
    let mut cast = cast_of(&events);
    let mut told = |event: Event| {
        cast.take(&event);
        text(100).event_lines(&event, &cast)
    };
    let one = || Standing::Right { samples: 1, needed: 2 };
    let over = "12:58:01  google-1  mail.example.com A: 198.51.100.7 -> right";
    assert_eq!(told(shift(61, 0, old(60), one())), [over]);
    assert!(told(shift(61, 0, one(), right())).is_empty());
    assert!(told(shift(62, 20, Standing::Unasked, right())).is_empty());
    assert!(told(shift(62, 2, old(200), old(201))).is_empty());
    let again =
        "12:58:03  google-1  mail.example.com A: went back: right -> old: 198.51.100.7 until 13:02:10";
    assert_eq!(told(shift(63, 0, right(), old(310))), [again]);
    let late = told(shift(36 * 3600, 2, old(200), Standing::Suspect { held: old_held() }));
    assert!(late[0].starts_with("Wed 25 00:57:00  city3-1  mail.example.com A: 198.51.100.7 ->"), "{late:?}");
    let (at, record, milestone) = (secs(64), RecordId(0), Milestone::Issuable);
    let reached = told(Event::Milestone { at, record, milestone, lost: false });
    assert_eq!(reached, ["12:58:04  mail.example.com A: Let's Encrypt can see it now"]);
    let (zone, vantage) = (name("example.com"), VantageId(41));
    let edited = told(Event::Serial { at, zone, vantage, from: 1, to: 2 });
    assert_eq!(edited, ["12:58:04  ns1.example.net: the zone example.com was edited (number 1 -> 2)"]);
}

#[test]
fn progress_says_how_far_and_when_in_any_width() {
    let (events, _) = caches_turning_over(true);
    let cast = cast_of(&events);
    let line = |width| text(width).progress(&cast, secs(5)).line;
    assert_eq!(
        line(120),
        "29/40 resolvers right · last cache turns over 13:02:10 (in 5 min 5 s) · next look 12:58:01: \
         google-1's old answer ends"
    );
    assert_eq!(line(80), "29/40 resolvers right · all by 13:02:10 · next look 12:58:01");
    assert_eq!(line(40), "29/40 resolvers right · all by 13:02:10");
    let rows = text(80).progress(&cast, secs(5)).waiting;
    assert_eq!(rows.len(), 9);
    assert_eq!(rows[0], "12:58:00  google-1          198.51.100.7");
    assert_eq!(rows[8], "          city9-1           NXDOMAIN (no such name)");
}

#[test]
fn the_time_of_many_is_that_of_the_last_of_all() {
    let records = (1..=3).map(|n| a_record(&format!("n{n}.example.com"), "203.0.113.7"));
    let mut cast = cast_of(&opening_with(records.collect(), true));
    cast.take(&shift(2, 0, Standing::Unasked, old(310)));
    cast.take(&Event::Forecast { at: secs(3), by: Some(secs(310)), next: None });
    let waits = |n, cause| entry(n, Verdict::NotYet, vec![because(Effect::Waits, None, cause)]);
    let settling = |n, until| waits(n, Cause::Settling { until: secs(until) });
    let stale = Cause::ResolverStale { held: old_held(), until: Some(secs(310)) };
    let mut line = |first, second| {
        let records = vec![first, second, entry(2, Verdict::Safe, Vec::new())];
        cast.take(&Event::Verdict(Box::new(report(3, records))));
        text(80).progress(&cast, secs(5)).line
    };
    let waiting = line(settling(0, 20), waits(1, stale));
    assert_eq!(waiting, "1/3 records safe · last cache turns over 13:02:10 (in 5 min 5 s)");
    let settled = line(settling(0, 25), settling(1, 20));
    assert_eq!(settled, "1/3 records safe · safe at 12:57:25 (in 20 s) if it stays so");
}

#[test]
fn headlines_fit_the_verdict() {
    let cast = cast_of(&opening(true));
    let words = Words::new(&cast, When::local(TimeZone::UTC, secs(3)));
    let line = |verdict, effect, cause| {
        let reasons = vec![because(effect, Some("google-1"), cause)];
        words.headline(&report(3, vec![entry(0, verdict, reasons)])).line
    };
    assert_eq!(
        line(Verdict::Inconclusive, Effect::Hides, Cause::NoNetwork),
        "INCONCLUSIVE: nothing answers at all: this machine seems to have no network."
    );
    let settling = line(Verdict::NotYet, Effect::Waits, Cause::Settling { until: secs(20) });
    assert_eq!(settling, "NOT YET: everything is right, and must stay so until 11:57:20.");
    for cause in every_cause("") {
        let line = line(Verdict::Blocked, Effect::Blocks, cause);
        assert!(line.starts_with("BLOCKED: ") && line.ends_with('.') && !line.contains("TTL"), "{line}");
    }
    let bare = words.headline(&report(3, vec![entry(0, Verdict::NotYet, Vec::new())]));
    assert_eq!(bare.line, "NOT YET: it is still on its way.");
}

#[test]
fn nothing_sticks_out_of_a_narrow_terminal() {
    let (mut events, last) = caches_turning_over(true);
    events.extend(missing_name().0);
    for cause in every_cause("") {
        let reasons = vec![because(Effect::Waits, Some("google-1"), cause)];
        events.push(Event::Verdict(Box::new(report(3, vec![entry(0, Verdict::NotYet, reasons)]))));
    }
    events.push(Event::Verdict(Box::new(last)));
    for width in [40, 57, 80] {
        for line in shown(&events, width) {
            let alone = line.split_whitespace().count() <= 1;
            assert!(alone || line.chars().count() <= width, "{width}: {line}");
            assert_eq!(line.trim_end(), line);
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let (events, last) = caches_turning_over(true);
    let cast = cast_of(&events);
    let plain = text(60).report(&last, &cast);
    let painted = Text { paint: Paint::Ansi, ..text(60) }.report(&last, &cast);
    assert!(painted.contains("\x1b[33mNOT YET") && !plain.contains('\x1b'));
    let mut stripped = painted;
    for code in ["1", "2", "31", "32", "33", "0"] {
        stripped = stripped.replace(&format!("\x1b[{code}m"), "");
    }
    assert_eq!(stripped, plain);
}

#[test]
fn hostile_text_is_written_out() {
    let foreign = "\x1b[2J\u{202e}evil\r\n\u{9b}";
    let mut events = opening(true);
    let mut liar = vantage(&format!("liar{foreign}"), Role::Authority);
    liar.place = Some(Arc::from(foreign));
    let addr: SocketAddr = "192.0.2.66:53".parse().unwrap();
    let (at, id) = (secs(1), VantageId(60));
    let now = |change| Event::Vantage { at, id, vantage: Box::new(liar.clone()), addr, change };
    events.push(now(VantageChange::Joined));
    let secure = || Standing::Silent { failure: Failure::Secure { text: foreign.to_owned() } };
    events.push(shift(2, 60, right(), secure()));
    events.push(shift(2, 3, Standing::Unasked, secure()));
    for cause in every_cause(foreign) {
        let reasons = vec![because(Effect::Waits, Some(foreign), cause)];
        events.push(Event::Verdict(Box::new(report(3, vec![entry(0, Verdict::NotYet, reasons)]))));
    }
    events.push(now(VantageChange::Left));
    let cast = cast_of(&events);
    let json = events.iter().map(|event| json::line(event, &cast));
    let all: Vec<String> = shown(&events, 80).into_iter().chain(json).collect();
    assert!(all.iter().any(|line| line.contains("\\x1b[2J\\u{202e}evil")));
    for line in all {
        assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
    }
}

#[test]
fn everyone_is_promised_only_when_every_end_is_known() {
    let mut events = opening_with(
        vec![a_record("a.example.com", "203.0.113.7"), a_record("b.example.com", "203.0.113.7")],
        true,
    );
    if let Event::Started(started) = &mut events[0] {
        started.until = Milestone::Everyone;
    }
    let cast = cast_of(&events);
    let words = Words::new(&cast, When::local(TimeZone::UTC, secs(3)));
    let line = |ends: [Option<Timestamp>; 2]| {
        let entries = (0..2).map(|n| {
            let mut entry = entry(n, Verdict::Safe, Vec::new());
            entry.everyone_by = ends[n as usize];
            entry
        });
        words.headline(&Report { reached: false, ..report(3, entries.collect()) }).line
    };
    let known = line([Some(secs(60)), Some(secs(90))]);
    assert_eq!(known, "SAFE: press Issue now. Everyone sees it by 11:58:30.");
    let unknown = line([Some(secs(60)), None]);
    assert_eq!(unknown, "SAFE: press Issue now. When everyone sees it cannot be told.");
}
