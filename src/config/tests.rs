//! What is accepted, and the exact words for what is not.

use std::collections::BTreeSet;

use super::*;

/// A list that is right; each test spoils one thing in it.
const GOOD: &str = "\
resolvers:
  - name: a
    operator: A
    ipv4: 192.0.2.1
    transports: [udp]
";

fn refusal(text: &str) -> String {
    parse(text, "my.yaml").expect_err(text).to_string()
}

fn spoilt(right: &str, wrong: &str) -> String {
    assert!(GOOD.contains(right), "{right} is not there to be spoilt");
    refusal(&GOOD.replacen(right, wrong, 1))
}

#[test]
fn the_built_in_list_keeps_its_own_policy() {
    let list = parse(include_str!("../../resolvers.yaml"), "resolvers.yaml").unwrap();
    assert_eq!(list, embedded());
    assert!(list.len() < MAX_ENTRIES);
    let voters: Vec<&Vantage> = list.iter().filter(|v| v.role == Role::Voter).collect();
    assert!(voters.len() >= 45, "{} voters", voters.len());
    let operators: BTreeSet<String> = voters.iter().map(|v| v.operator.to_lowercase()).collect();
    let exact: BTreeSet<&str> = voters.iter().map(|v| &*v.operator).collect();
    assert!(operators.len() >= 25);
    assert_eq!(operators.len(), exact.len(), "one operator, spelled in two ways");
    // Each can be reached where port 53 is closed or lies, or is one of few.
    let plain_only = voters.iter().filter(|v| v.endpoints.iter().all(|e| e.transport.is_plain())).count();
    assert!(plain_only * 4 <= voters.len(), "{plain_only} without TLS or HTTPS");
}

#[test]
fn an_entry_becomes_a_vantage_with_its_endpoints_in_order() {
    let text = "\
resolvers:
  - name: x-1
    operator: X
    place: Paris, FR
    ipv4: 192.0.2.1
    ipv6: 2001:db8::1
    transports:
      - udp
      - tls: DoT.Example.
      - https: https://doh.example/q
    flush: https://example.net/purge
    voter: false
  - {name: lab, operator: L, ipv4: '127.0.0.1:5353', transports: [udp, tcp]}
";
    let list = parse(text, "x").unwrap();
    let ends: Vec<String> = list[0].endpoints.iter().map(ToString::to_string).collect();
    assert_eq!(
        ends,
        [
            "192.0.2.1",
            "tls://192.0.2.1#dot.example",
            "https://doh.example/q#192.0.2.1",
            "2001:db8::1",
            "tls://2001:db8::1#dot.example",
            "https://doh.example/q#2001:db8::1"
        ]
    );
    assert_eq!(list[0].role, Role::Witness);
    assert_eq!(list[0].place.as_deref(), Some("Paris, FR"));
    assert_eq!(list[0].flush.as_deref(), Some("https://example.net/purge"));
    assert_eq!(list[1].role, Role::Voter);
    assert_eq!(list[1].endpoints[1].to_string(), "tcp://127.0.0.1:5353");
}

#[test]
fn an_unknown_key_is_shown_with_what_is_allowed() {
    assert_eq!(
        refusal(&format!("{GOOD}resolver: []\n")),
        "my.yaml:6:1: unknown key `resolver`; allowed: resolvers\n  |\n6 | resolver: []\n  | ^"
    );
    assert_eq!(
        spoilt("ipv4", "adress"),
        "my.yaml:4:5: unknown key `adress`; allowed: name, operator, place, ipv4, ipv6, transports, flush, \
         voter\n  |\n4 |     adress: 192.0.2.1\n  |     ^"
    );
    assert_eq!(
        spoilt("[udp]", "[quic]"),
        "my.yaml:5:18: unknown transport `quic`; allowed: udp, tcp, tls, https\n  |\n5 |     transports: \
         [quic]\n  |                  ^"
    );
}

#[test]
fn a_wrong_address_is_shown_where_it_stands() {
    assert_eq!(
        spoilt("192.0.2.1", "192.0.2"),
        "my.yaml:4:11: `192.0.2` is not an address; write 192.0.2.1, 192.0.2.1:5353, 2001:db8::1 or \
         [2001:db8::1]:5353\n  |\n4 |     ipv4: 192.0.2\n  |           ^"
    );
    let first = |text: String| text.lines().next().unwrap_or_default().to_owned();
    assert_eq!(
        first(spoilt("192.0.2.1", "2001:db8::1")),
        "my.yaml:4:11: `2001:db8::1` is not an IPv4 address"
    );
    assert!(spoilt("192.0.2.1", "dns.google").contains("`dns.google` is a host name"));
    assert_eq!(
        first(spoilt("192.0.2.1", "0.0.0.0")),
        "my.yaml:4:11: 0.0.0.0 is not the address of one server"
    );
    assert_eq!(first(spoilt("    ipv4: 192.0.2.1\n", "")), "my.yaml:2:11: `a` has neither `ipv4` nor `ipv6`");
}

#[test]
fn nobody_is_listed_twice() {
    let again = GOOD.trim_start_matches("resolvers:\n");
    let name = refusal(&format!("{GOOD}{again}"));
    assert_eq!(name, "my.yaml:6:11: `a` is on line 2 already\n  |\n6 |   - name: a\n  |           ^");
    let address = refusal(&format!("{GOOD}{}", again.replace("name: a", "name: b")));
    assert!(address.starts_with("my.yaml:6:11: 192.0.2.1 is `a` already, and nobody votes twice\n"));
    assert!(spoilt("[udp]", "[udp, udp]").contains("`a` has the same transport twice"));
    assert!(
        refusal(&format!("{GOOD}    ipv4: 192.0.2.2\n")).starts_with("my.yaml:6:5: `ipv4` is given twice\n")
    );
}

#[test]
fn a_list_that_nothing_could_come_of_is_refused() {
    let empty = "the file is empty; it needs `resolvers:` and a list of them";
    assert!(refusal("").contains(empty));
    assert!(refusal("# nothing\n").contains(empty));
    assert_eq!(refusal("resolvers: []\n"), "my.yaml: the list of resolvers is empty");
    assert_eq!(
        refusal(&format!("{GOOD}    voter: false\n")),
        "my.yaml: no resolver may vote (each has `voter: false`), so nothing could ever be confirmed"
    );
}

#[test]
fn a_wrong_type_says_what_is_expected() {
    let list = "a list is expected here: [ … ], or lines that begin with `- `";
    assert_eq!(
        refusal("resolvers: 7\n"),
        format!("my.yaml:1:12: {list}\n  |\n1 | resolvers: 7\n  |            ^")
    );
    assert!(refusal("resolvers:\n").contains(list));
    assert!(spoilt("[udp]", "udp").contains(list));
    assert!(refusal("- a\n").contains("my.yaml:1:1: lines of the form `key: value` are expected here"));
    assert!(spoilt("name: a", "name: [a]").contains("my.yaml:2:11: a text is expected here"));
    assert!(refusal(&format!("{GOOD}    voter: maybe\n")).contains("6:12: true or false is expected here"));
    assert!(spoilt("[udp]", "[udp: x]").contains("udp and tcp stand alone"));
    assert!(spoilt("ipv4: 192.0.2.1", "ipv6: 2001:db8::").contains("put the value in quotes"));
    assert!(refusal(&format!("{GOOD}---\n{GOOD}")).contains("a second list begins here; a file holds one"));
}

#[test]
fn what_is_missing_is_named() {
    assert!(
        spoilt("name: a\n    ", "").starts_with("my.yaml:4:5: `name` is missing in the entry that ends here")
    );
    assert!(spoilt("    transports: [udp]\n", "").contains("`transports` is missing"));
    assert_eq!(
        spoilt("[udp]", "[]"),
        "my.yaml:2:11: `a` has no transport; allowed: udp, tcp, tls: NAME, https: URL\n  |\n2 |   - name: \
         a\n  |           ^"
    );
    for nameless in ["[tls]", "[tls: ]"] {
        assert!(spoilt("[udp]", nameless).contains("is `tls: NAME`"), "{nameless}");
    }
    assert!(spoilt("[udp]", "[tls: '']").contains("`` cannot be the name in a certificate"));
    assert!(spoilt("[udp]", "[https: dns.google]").contains("is not the URL of a DNS server"));
    assert!(spoilt("name: a", "name: ''").contains("`name` is empty"));
    assert!(spoilt("name: a", "name: a b").contains("only letters, digits"));
}

#[test]
fn hostile_files_are_bounded() {
    let long = format!("# {}\n", "x".repeat(MAX_BYTES));
    assert_eq!(refusal(&long), "my.yaml: larger than 512 KiB, which no list of resolvers is");
    assert!(refusal(&"[".repeat(100_000)).len() < 1000);
    assert!(refusal(&format!("resolvers: {}", "[".repeat(100_000))).len() < 1000);
    let mut bomb = String::from("resolvers:\n  - name: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..10 {
        let nine = vec![format!("*a{}", level - 1); 9].join(",");
        bomb.push_str(&format!("    place: &a{level} [{nine}]\n"));
    }
    assert!(refusal(&bomb).len() < 1000);
    // Nine entries, each an alias of the one before, nine times over.
    let mut nest =
        String::from("resolvers:\n  - &a0 {name: a, operator: A, ipv4: 192.0.2.1, transports: &t [");
    nest.push_str(&"udp,".repeat(60_000));
    nest.push_str("]}\n");
    for n in 0..2000 {
        nest.push_str(&format!("  - {{name: b{n}, operator: A, ipv4: 192.0.2.2, transports: *t}}\n"));
    }
    let told = refusal(&nest);
    assert!(told.len() < 1000, "{told}");
    // What a file says reaches the terminal without its control characters.
    let odd = spoilt("192.0.2.1", "\"\\e[31m\"");
    assert!(!odd.contains('\u{1b}'), "{odd:?}");
    let raw = refusal("resolvers:\n  - na\u{1b}[31mme: a\n");
    assert!(!raw.contains('\u{1b}'), "{raw:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let nowhere = std::env::temp_dir().join("propwatch-no-such-list.yaml");
    let told = load(&nowhere).unwrap_err().to_string();
    assert!(told.starts_with("cannot read ") && told.contains("propwatch-no-such-list.yaml"), "{told}");
    assert!(load(&std::env::temp_dir()).is_err());
    let path = std::env::temp_dir().join(format!("propwatch-list-{}.yaml", std::process::id()));
    std::fs::write(&path, GOOD).unwrap();
    assert_eq!(load(&path).unwrap().len(), 1);
    std::fs::write(&path, b"resolvers: \xff\n").unwrap();
    assert!(load(&path).unwrap_err().to_string().ends_with("this is not text in UTF-8"));
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn an_address_from_the_command_line_becomes_an_endpoint() {
    for (given, printed) in [
        ("1.1.1.1", "1.1.1.1"),
        (" 127.0.0.1:5353 ", "127.0.0.1:5353"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("[::1]:5353", "[::1]:5353"),
        ("udp://192.0.2.1", "192.0.2.1"),
        ("TCP://192.0.2.1", "tcp://192.0.2.1"),
        ("tls://9.9.9.9#dns.quad9.net", "tls://9.9.9.9#dns.quad9.net"),
        ("tls://[2620:fe::fe]:8853#DNS.quad9.net", "tls://[2620:fe::fe]:8853#dns.quad9.net"),
        ("https://dns.google/dns-query", "https://dns.google/dns-query#8.8.8.8"),
        ("https://dns.google", "https://dns.google/dns-query#8.8.8.8"),
        ("https://doh.example:8443/q#192.0.2.1", "https://doh.example/q#192.0.2.1:8443"),
        ("https://192.0.2.1/dns-query", "https://192.0.2.1/dns-query#192.0.2.1"),
    ] {
        let endpoint = parse_endpoint(given).unwrap_or_else(|error| panic!("{given}: {error}"));
        assert_eq!(endpoint.to_string(), printed);
        assert_eq!(parse_endpoint(printed), Ok(endpoint), "{printed} is not read back");
    }
    for endpoint in embedded().iter().flat_map(|vantage| &vantage.endpoints) {
        assert_eq!(parse_endpoint(&endpoint.to_string()).as_ref(), Ok(endpoint));
    }
}

#[test]
fn what_is_no_endpoint_is_told_why() {
    use EndpointError as E;
    for (given, error) in [
        ("", E::Empty),
        ("udp://", E::Empty),
        ("dns.google", E::HostName("dns.google".into())),
        ("dns.google:53", E::HostName("dns.google".into())),
        ("tls://dns.google#dns.google", E::HostName("dns.google".into())),
        ("8.8.8", E::NotAddress("8.8.8".into())),
        ("256.1.1.1", E::NotAddress("256.1.1.1".into())),
        ("[::1", E::NotAddress("[::1".into())),
        ("1.1.1.1:0", E::Port("0".into())),
        ("1.1.1.1:+53", E::Port("+53".into())),
        ("1.1.1.1:70000", E::Port("70000".into())),
        ("[::1]:", E::Port(String::new())),
        ("::", E::NotUnicast("::".parse().unwrap())),
        ("224.0.0.251", E::NotUnicast("224.0.0.251".parse().unwrap())),
        ("quic://1.1.1.1", E::Scheme("quic".into())),
        ("tls://9.9.9.9", E::NoTlsName),
        ("tls://9.9.9.9#a b", E::BadName("a b".into())),
        ("1.1.1.1#one", E::NeedlessName("one".into())),
        ("https://doh.example/dns-query", E::UnknownHost("doh.example".into())),
        ("https://dns.google/?dns=", E::BadUrl("https://dns.google/?dns=".into())),
        ("https:///x", E::BadUrl("https:///x".into())),
        ("1.1.1.1\u{1b}[2J", E::NotAddress("1.1.1.1\\u{1b}[2J".into())),
    ] {
        assert_eq!(parse_endpoint(given), Err(error), "{given}");
    }
}

#[test]
fn given_ones_vote_and_this_machine_does_not() {
    let list: Vec<Endpoint> =
        ["127.0.0.1:5301", "127.0.0.1:5302", "127.0.0.1:5301", "tcp://8.8.8.8", "8.8.8.8"]
            .map(|text| parse_endpoint(text).unwrap())
            .into();
    let voters = given(&list);
    let names: Vec<&str> = voters.iter().map(|v| &*v.name).collect();
    assert_eq!(names, ["127.0.0.1:5301", "127.0.0.1:5302", "tcp://8.8.8.8", "8.8.8.8"]);
    let operators: Vec<&str> = voters.iter().map(|v| &*v.operator).collect();
    assert_eq!(operators, ["127.0.0.1:5301", "127.0.0.1:5302", "8.8.8.8", "8.8.8.8"]);
    assert!(voters.iter().all(|v| v.role == Role::Voter));
    let own = system(&["127.0.0.53:53", "192.0.2.1:53", "127.0.0.53:53"].map(|a| a.parse().unwrap()));
    let names: Vec<&str> = own.iter().map(|v| &*v.name).collect();
    assert_eq!(names, ["this-machine", "this-machine-2"]);
    assert!(own.iter().all(|v| v.role == Role::Witness));
}
