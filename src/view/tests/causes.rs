//! The words for what the CA goes by beyond the record itself.

use super::*;

/// One of every such cause, and of every fault in it; what foreign servers had a hand in carries `foreign`.
pub(super) fn causes_of_issuing(foreign: &str) -> Vec<Cause> {
    let zone = name("example.com");
    let server: Arc<str> = Arc::from(format!("ns2.example.net{foreign}"));
    let addr: SocketAddr = "192.0.2.11:53".parse().unwrap();
    let silent = || Failure::Silent { tries: 3 };
    let mut all = vec![
        Cause::ChecksPending,
        Cause::ChecksAgain,
        Cause::ExpectationUnknown { addresses: vec![ip("203.0.113.7")] },
        Cause::DsSplit { zone: zone.clone() },
        Cause::DnssecUnseen { zone: zone.clone(), failure: Some(silent()) },
        Cause::DnssecUnchecked { zone: zone.clone(), algorithm: 16 },
        Cause::AaaaFails { server: server.clone(), addr, rcode: Rcode::SERVFAIL },
        Cause::AaaaDropped { server: server.clone(), addr, failure: silent() },
        Cause::ADropped { server: server.clone(), addr, failure: silent() },
        Cause::CaaAccount { owner: zone.clone(), accounts: vec![format!("https://ca.example/1{foreign}")] },
        Cause::CaaUnseen { name: zone.clone(), failure: None },
        Cause::CaaUnseen { name: zone.clone(), failure: Some(silent()) },
        Cause::TooSlow { took: 12_000, limit: 18_000 },
        Cause::Attempts { left: 0, of: 5, next: secs(720) },
        Cause::Attempts { left: 2, of: 5, next: secs(720) },
    ];
    for habit in [Habit::MixedCase, Habit::Edns, Habit::Tcp] {
        for taken in [Taken::Dropped, Taken::Refused(Rcode::NOTIMP)] {
            all.push(Cause::ServerRefuses { server: server.clone(), addr, habit, taken });
        }
    }
    for said in [CaaSaid::Refused(Rcode::NOTIMP), CaaSaid::Failed(silent()), CaaSaid::Loop] {
        all.push(Cause::CaaFails { name: zone.clone(), server: server.clone(), said });
    }
    all.extend(signings().into_iter().map(|signing| Cause::DnssecBogus {
        zone: zone.clone(),
        server: server.clone(),
        signing,
    }));
    all.extend(
        name_faults(foreign)
            .into_iter()
            .map(|fault| Cause::NameRefused { name: name("a_b.example.com"), fault }),
    );
    for fault in caa_faults(foreign) {
        let (owner, fault2) = (name("hosting.example.net"), Box::new(fault.clone()));
        all.push(Cause::CaaForbids { name: zone.clone(), owner: zone.clone(), fault });
        all.push(Cause::CaaSplit { name: zone.clone(), owner, server: server.clone(), fault: fault2 });
    }
    all.extend(causes_of_the_web(foreign));
    all
}

fn signings() -> Vec<Signing> {
    let of = |qtype| Question { name: name("mail.example.com"), qtype };
    vec![
        Signing::NoKey,
        Signing::KeyMismatch,
        Signing::Missing { of: of(QuestionType::A) },
        Signing::Expired { of: of(QuestionType::A), at: secs(-60) },
        Signing::NotYet { of: of(QuestionType::A), at: secs(60) },
        Signing::Wrong { of: of(QuestionType::Caa) },
        Signing::Unproved { of: of(QuestionType::Caa) },
    ]
}

fn name_faults(foreign: &str) -> Vec<NameFault> {
    let label = format!("a{foreign}");
    vec![
        NameFault::OneLabel,
        NameFault::TooManyLabels { labels: 11 },
        NameFault::TooLong,
        NameFault::Address,
        NameFault::Character(foreign.chars().next().unwrap_or('_')),
        NameFault::Hyphen(label.clone()),
        NameFault::ReservedLabel(label.clone()),
        NameFault::Punycode(label.clone()),
        NameFault::SpecialUse(label.clone()),
        NameFault::Repeats(label),
    ]
}

fn caa_faults(foreign: &str) -> Vec<CaaFault> {
    let value = format!("LetsEncrypt.org{foreign}");
    vec![
        CaaFault::Critical { tag: format!("tbs{foreign}") },
        CaaFault::Method { methods: format!("dns-01{foreign}") },
        CaaFault::Account { account: value.clone() },
        CaaFault::Twice { parameter: "accounturi".to_owned() },
        CaaFault::Malformed { value: value.clone() },
        CaaFault::NearMiss { value },
        CaaFault::Others { issuers: vec![format!("digicert.com{foreign}"), "sectigo.com".to_owned()] },
        CaaFault::Nobody,
    ]
}

fn causes_of_the_web(foreign: &str) -> Vec<Cause> {
    let at = |redirected| {
        Box::new(WebPlace {
            addresses: vec![ip("203.0.113.7"), ip("2001:db8::7")],
            url: format!("http://mail.example.com/x{foreign}"),
            redirected,
            server: redirected.then(|| format!("Apache{foreign}")),
        })
    };
    let begins = format!("<html>{foreign}");
    let mut all = vec![
        Cause::WebUnresolved { at: at(true), host: name("gone.example.com") },
        Cause::WebCatchAll { at: at(false), begins: begins.clone() },
        Cause::WebCatchAll { at: at(true), begins: String::new() },
        Cause::WebBody { at: at(false), too_long: true, begins: begins.clone() },
        Cause::WebBody { at: at(false), too_long: false, begins },
        Cause::WebElsewhere { at: at(true), address: ip("198.51.100.7") },
        Cause::WebUntried { addresses: vec![ip("2001:db8::7")] },
        Cause::WebPending { addresses: vec![ip("203.0.113.7")] },
        Cause::WebDoubted,
        Cause::OtherServer { address: ip("198.51.100.7"), server: Box::default() },
        Cause::OtherServer { address: ip("198.51.100.7"), server: Box::new(stranger(foreign)) },
    ];
    for status in [204, 302, 401, 403, 404, 410, 429, 421, 500, 522] {
        all.push(Cause::WebStatus { at: at(false), status });
    }
    let failures = [
        ConnectFailure::Refused,
        ConnectFailure::TimedOut,
        ConnectFailure::Unreachable,
        ConnectFailure::NoRoute,
    ];
    for failure in failures {
        all.push(Cause::Ipv6Dead { addresses: vec![ip("2001:db8::7")], failure });
        all.extend([true, false].map(|redirected| Cause::WebClosed { at: at(redirected), failure }));
    }
    let broken = [
        Broken::TimedOut,
        Broken::Closed,
        Broken::NotHttp,
        Broken::HeadersTooLong,
        Broken::Tls,
        Broken::Handshake(format!("alert{foreign}")),
        Broken::Encoding,
    ];
    all.extend(broken.map(|broken| Cause::WebBroken { at: at(true), broken }));
    let redirects = [
        BadRedirect::TooMany,
        BadRedirect::Loop,
        BadRedirect::Status(303),
        BadRedirect::Scheme(format!("ftp{foreign}")),
        BadRedirect::Port(2083),
        BadRedirect::Host(String::new()),
        BadRedirect::Host("example.com.well-known".to_owned()),
        BadRedirect::Host(format!("a b{foreign}")),
        BadRedirect::NotPublic(format!("localhost{foreign}")),
        BadRedirect::Reserved(ip("10.0.0.1")),
        BadRedirect::LongPath,
        BadRedirect::Unreadable(format!("http//{foreign}")),
        BadRedirect::OldTls,
    ];
    all.extend(redirects.map(|why| Cause::WebRedirect { at: at(false), why }));
    all
}

fn stranger(foreign: &str) -> Stranger {
    Stranger {
        network: Some(OriginAs { number: 64_500, holder: format!("Example Hosting{foreign}") }),
        pointer: Some(name("host12.example.net")),
        certificate: Some(format!("old.example.org{foreign}")),
        product: Some(format!("Apache{foreign}")),
        answers: Some(true),
        file: Some(false),
        former: false,
    }
}

fn said(cause: Cause) -> Said {
    let cast = cast_of(&opening(false));
    let words = Words::new(&cast, When::local(TimeZone::UTC, secs(3)));
    words.reason(&a_record("www.example.com", "203.0.113.7"), &because(Effect::Warns, None, cause))
}

#[test]
fn every_word_is_its_own() {
    // The last resort of the table is for nobody.
    for cause in causes_of_issuing("") {
        assert_ne!(said(cause.clone()).text, cause.code().replace('-', " "), "{cause:?}");
        let json = serde_json::to_value(&cause).unwrap();
        assert_eq!(json["code"], cause.code(), "one name in the journal and in JSON");
        assert_eq!(serde_json::from_value::<Cause>(json).unwrap(), cause);
    }
}

#[test]
fn whose_server_it_is_is_said_in_one_sentence() {
    let other = |change: fn(&mut Stranger)| {
        let mut server = stranger("");
        change(&mut server);
        said(Cause::OtherServer { address: ip("198.51.100.7"), server: Box::new(server) })
    };
    let plain = other(|_| {});
    assert_eq!(
        plain.text,
        "www.example.com still goes to 198.51.100.7 (AS64500 Example Hosting; answers as Apache, without your \
         test file)"
    );
    assert_eq!(plain.next, "Remove the domain there, or change its DNS.");
    let former = other(|server| server.former = true);
    assert!(former.text.ends_with("; the same address that the old name servers give)"), "{}", former.text);
    let unknown = other(|server| {
        server.network = None;
        server.product = None;
        server.answers = Some(false);
        server.file = None;
    });
    assert_eq!(
        unknown.text,
        "www.example.com still goes to 198.51.100.7 (host12.example.net; does not answer on port 80)"
    );
    let own = other(|server| server.file = Some(true));
    assert_eq!(own.next, "It is your own server: expect 198.51.100.7 as well.");
    let bare = said(Cause::OtherServer { address: ip("198.51.100.7"), server: Box::default() });
    assert_eq!(bare.text, "www.example.com still goes to 198.51.100.7");
}

#[test]
fn no_click_is_advised_when_no_try_is_left() {
    let none = said(Cause::Attempts { left: 0, of: 5, next: secs(720) });
    assert_eq!(none.text, "5 of 5 tries of this hour are used up, the next one is back at 12:09:00");
    assert_eq!(
        none.next,
        "Do not press Issue before 12:09:00; until then only the panel's Dry run, which costs no try."
    );
    let two = said(Cause::Attempts { left: 2, of: 5, next: secs(720) });
    assert_eq!(two.text, "2 of 5 tries are left this hour, the next one is back at 12:09:00");
    let cast = cast_of(&opening(false));
    let words = Words::new(&cast, When::local(TimeZone::UTC, secs(3)));
    let reason = because(Effect::Waits, None, Cause::Attempts { left: 0, of: 5, next: secs(720) });
    assert_eq!(words.ca_truth(&entry(0, Verdict::NotYet, vec![reason])), "not before 12:09:00");
}

#[test]
fn servers_with_the_same_fault_are_told_once() {
    let cast = cast_of(&opening(false));
    let words = Words::new(&cast, When::local(TimeZone::UTC, secs(3)));
    let one = |n: u8| {
        let server: Arc<str> = Arc::from(format!("ns{n}.example.net"));
        let cause =
            Cause::DnssecBogus { zone: name("example.com"), server: server.clone(), signing: Signing::NoKey };
        because(Effect::Blocks, Some(&server), cause)
    };
    let groups = words.groups(&entry(0, Verdict::Blocked, vec![one(1), one(2), one(2)]));
    let texts: Vec<&str> = groups.iter().map(|group| group.said.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "DNSSEC: ns1.example.net serves example.com without a key, though the registrar has a DS record for it; \
          the same kind of thing at ns2.example.net"
        ]
    );
}
