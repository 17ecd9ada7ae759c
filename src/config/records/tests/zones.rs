//! Zone files.

use super::{read, refusal, refuses};

#[test]
fn a_zone_file_gives_its_addresses_and_aliases() {
    let text = "\
; example.com, as BIND keeps it
$TTL 1h30m
$ORIGIN example.com.
@\tIN\tSOA\tns1 hostmaster (
\t\t2026112801 ; serial
\t\t3h 1h 1w ( 5m ) )
\tIN\tNS\tns1
\tNS\tns2.elsewhere.example.
\t3600 IN A 203.0.113.7
\tIN 3600 A 203.0.113.8
\tAAAA 2001:db8::7
\tMX 10 mail
\tTXT \"v=spf1 a; -all\" ( \"two\" )
www\tin cname @
mail\t1h\tA\t(
\t203.0.113.9 ) ; the new one
*\tA\t203.0.113.7
*.shop A 203.0.113.7
$ORIGIN sub
deep\tCNAME\twww.example.com.
x.y TYPE65280 \\# 0
_sip._tcp SRV 0 0 5060 @
version.bind. CH TXT \"none\"
other.example. A 192.0.2.1
";
    assert_eq!(
        read(text).unwrap(),
        "9:example.com 203.0.113.7 203.0.113.8 2001:db8::7\n14:www.example.com example.com\n\
         15:mail.example.com 203.0.113.9\n20:deep.sub.example.com www.example.com\n24:other.example 192.0.2.1\n\
         - 1 MX, 2 NS, 1 SOA, 1 SRV, 2 TXT, 1 TYPE65280, 2 wildcards"
    );
}

#[test]
fn names_without_an_origin_are_refused_with_the_line_that_is_missing() {
    let told = refusal("$TTL 3600\n@ IN SOA a. b. 1 2 3 4 5\nwww IN A 192.0.2.7\n");
    assert!(told.starts_with("f:3:1: `www` has no dot at its end"), "{told}");
    assert!(
        told.contains("3 | www IN A 192.0.2.7\n  | ^\nhint: put a line like `$ORIGIN example.com.`"),
        "{told}"
    );
    assert!(told.ends_with("hint: it was read as a zone file, since line 1 begins with a $"), "{told}");
    refuses(&[
        ("@ IN A 192.0.2.7\n", ":1:1", "`@` stands for the zone's name"),
        ("a.example. CNAME b\n", ":1:18", "`b` has no dot at its end"),
        ("$ORIGIN example\na A 192.0.2.7\n", ":1:9", "`example` has no dot"),
    ]);
    // Names that are passed over need none.
    assert_eq!(
        read("@ SOA a b 1 2 3 4 5\n@ NS ns\na.example. A 192.0.2.7\n").unwrap(),
        "3:a.example 192.0.2.7\n- 1 NS, 1 SOA"
    );
}

#[test]
fn what_a_zone_file_must_not_have_is_refused() {
    refuses(&[
        ("$INCLUDE other.zone\n", ":1:1", "named-compilezone"),
        ("$TTL 5\n$generate 1-9 a$ A 192.0.2.$\n", ":2:1", "$GENERATE is not read here"),
        ("$DATE now\n", ":1:1", "unknown directive `$DATE`; allowed: $ORIGIN, $TTL"),
        ("$TTL soon\n", ":1:1", "$TTL 3600"),
        ("$ORIGIN a. b.\n", ":1:1", "one name behind it"),
        ("a. IN A 192.0.2.7\nb. IN 192.0.2.7\n", ":2:7", "`192.0.2.7` is no type"),
        ("a. IN A 192.0.2.7\nb. IN\n", ":2:1", "no type in this record"),
        ("a. A 192.0.2.7\nb. IN IN A 192.0.2.7\n", ":2:7", "`IN` is no type"),
        ("a. A 192.0.2.7\nb. A 192.0.2.7 192.0.2.8\n", ":2:16", "A has one value, and 2 stand here"),
        ("a. A 192.0.2.7\nb. A\n", ":2:4", "A has one value, and 0 stand here"),
        ("a. A 2001:db8::1\n", ":1:6", "an A record has an IPv4 address"),
        ("a. AAAA 192.0.2.7\n", ":1:9", "an AAAA record has an IPv6 address"),
        ("; x\n   A 192.0.2.7\n", ":2:4", "there is none"),
        ("a. TXT ( \"x\"\nb. A 192.0.2.7\n", ":1:8", "never closed"),
        ("a. A 192.0.2.7 )\n", ":1:16", "never opened"),
        ("a. TXT \"x\nb. A 192.0.2.7\n", ":1:8", "not closed on this line"),
        ("a\\.b. A 192.0.2.7\n", ":1:1", "backslash"),
        ("a..b. A 192.0.2.7\n", ":1:1", "empty label"),
        ("$ORIGIN .\n@ A 192.0.2.7\n", ":2:1", "the root of all names"),
        (
            "a. MX 5 b.\n*.a. A 192.0.2.7\n",
            "",
            "no A, AAAA or CNAME record in it (1 MX, 1 wildcard passed over)",
        ),
    ]);
}
