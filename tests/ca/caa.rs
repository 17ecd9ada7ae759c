//! CAA as Let's Encrypt reads it: RFC 8659, and boulder `va/caa.go`.

use super::odd::{GOOD, Way};
use super::row::{Row, Says, Side, row};

pub(crate) fn rows() -> Vec<Row> {
    [values(), parameters(), climbs(), servers()].concat()
}

/// The usual address and these CAA records.
fn caa(id: &'static str, what: &'static str, records: &[&str]) -> Row {
    let lines: Vec<String> = records.iter().map(|record| format!("@ CAA {record}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    row(id, what).dns(&["@ A 203.0.113.10"]).dns(&lines)
}

/// The same, and the CA may not issue.
fn forbids(id: &'static str, what: &'static str, records: &[&str]) -> Row {
    caa(id, what, records).blocked(Side::Rule)
}

/// A record that name servers do not read otherwise (RFC 3597, section 5).
fn octets(flags: u8, tag: &str, value: &str) -> String {
    let length = u8::try_from(tag.len()).unwrap();
    let bytes = [&[flags, length], tag.as_bytes(), value.as_bytes()].concat();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\\# {} {hex}", bytes.len())
}

fn values() -> Vec<Row> {
    vec![
        caa("caa-ok", "Let's Encrypt may", &["0 issue \"letsencrypt.org\""]),
        forbids("caa-other", "another CA may", &["0 issue \"ca.example\""]),
        caa("caa-two", "two CAs may", &["0 issue \"ca.example\"", "0 issue \"letsencrypt.org\""]),
        forbids("caa-nobody", "nobody may", &["0 issue \";\""]),
        forbids("caa-empty", "an empty issuer", &["0 issue \"\""]),
        caa("caa-nobody-and", "nobody, and Let's Encrypt", &["0 issue \";\"", "0 issue \"letsencrypt.org\""]),
        caa("caa-iodef", "only where to report", &["0 iodef \"mailto:post@example.com\""]),
        caa("caa-wild", "only wildcards are restricted", &["0 issuewild \"ca.example\""]),
        caa("caa-wild-nobody", "no wildcards at all", &["0 issuewild \";\""]),
        forbids(
            "caa-wild-ours",
            "Let's Encrypt may for wildcards only",
            &["0 issue \"ca.example\"", "0 issuewild \"letsencrypt.org\""],
        ),
        caa("caa-semicolon", "a semicolon after it", &["0 issue \"letsencrypt.org;\""]),
        caa("caa-blanks", "blanks around it", &["0 issue \" letsencrypt.org ; \""]),
        forbids("caa-capitals", "in capitals", &["0 issue \"LetsEncrypt.org\""]),
        forbids("caa-quotes", "in quotes of its own", &["0 issue \"'letsencrypt.org'\""]),
        forbids("caa-dot", "with a dot at the end", &["0 issue \"letsencrypt.org.\""]),
        forbids("caa-www", "with www", &["0 issue \"www.letsencrypt.org\""]),
        caa("caa-tag", "the tag in capitals", &[&octets(0, "ISSUE", "letsencrypt.org")]),
        forbids("caa-tag-other", "the tag in capitals, another CA", &[&octets(0, "ISSUE", "ca.example")]),
        caa("caa-flag", "critical, and understood", &["128 issue \"letsencrypt.org\""]),
        caa("caa-unknown", "an unknown tag", &["0 tbs \"what\""]),
        forbids("caa-critical", "an unknown tag that is critical", &["128 tbs \"what\""]),
        forbids("caa-critical-1", "an unknown tag with the bit 1", &["1 tbs \"what\""]),
        forbids(
            "caa-critical-and",
            "an unknown critical tag beside leave to issue",
            &["0 issue \"letsencrypt.org\"", "128 tbs \"what\""],
        ),
        caa("caa-flag-64", "an unknown tag with another bit", &["64 tbs \"what\""]),
    ]
}

fn parameters() -> Vec<Row> {
    let uri = "accounturi=https://acme-v02.api.letsencrypt.org/acme/acct/1";
    vec![
        forbids("caa-junk", "a parameter that is none", &["0 issue \"letsencrypt.org;foo\""]),
        forbids("caa-junk-value", "a value with a blank", &["0 issue \"letsencrypt.org; a=b c\""]),
        caa("caa-parameter", "an unknown parameter", &["0 issue \"letsencrypt.org; a=b\""]),
        caa("caa-http", "by HTTP-01 only", &["0 issue \"letsencrypt.org; validationmethods=http-01\""]),
        caa(
            "caa-http-too",
            "by HTTP-01 too",
            &["0 issue \"letsencrypt.org; validationmethods=dns-01,http-01\""],
        ),
        forbids("caa-dns", "by DNS-01 only", &["0 issue \"letsencrypt.org; validationmethods=dns-01\""]),
        forbids(
            "caa-methods-twice",
            "methods given twice",
            &["0 issue \"letsencrypt.org; validationmethods=http-01; validationmethods=http-01\""],
        ),
        caa("caa-account", "for one account only", &[&format!("0 issue \"letsencrypt.org; {uri}\"")])
            .doubtful(),
        forbids(
            "caa-accounts",
            "two accounts in one record",
            &[&format!("0 issue \"letsencrypt.org; {uri}; {uri}\"")],
        ),
    ]
}

fn climbs() -> Vec<Row> {
    let up = |id, what, records: &[&str]| caa(id, what, records).dns(&["www.@ A 203.0.113.10"]).host("www.@");
    let other = ["0 issue \"ca.example\""];
    vec![
        up("caa-up", "the name above forbids", &other).blocked(Side::Rule),
        up("caa-up-ok", "the name above allows", &["0 issue \"letsencrypt.org\""]),
        up("caa-up-over", "its own CAA counts, not that above", &other)
            .dns(&["www.@ CAA 0 issue \"letsencrypt.org\""]),
        up("caa-up-iodef", "its own CAA says nothing of issuing", &other)
            .dns(&["www.@ CAA 0 iodef \"mailto:post@example.com\""]),
        row("caa-top", "the TLD forbids")
            .below("example.org.")
            .dns(&["@ A 203.0.113.10"])
            .blocked(Side::Rule),
        row("caa-top-over", "the TLD forbids, the name allows")
            .below("example.org.")
            .dns(&["@ A 203.0.113.10", "@ CAA 0 issue \"letsencrypt.org\""]),
        row("caa-top-lost", "the TLD does not answer about CAA")
            .below("example.info.")
            .dns(&["@ A 203.0.113.10"])
            .fails(Side::Dns),
        row("caa-top-lost-over", "the TLD does not answer about CAA, the name allows")
            .below("example.info.")
            // The first set that is not empty decides, and errors above it do not count (`selectCAA`).
            .dns(&["@ A 203.0.113.10", "@ CAA 0 issue \"letsencrypt.org\""]),
        row("caa-alias", "the alias's target forbids")
            .dns(&["@ CNAME t.@", "t.@ A 203.0.113.10", "t.@ CAA 0 issue \"ca.example\""])
            .blocked(Side::Rule),
        row("caa-alias-ok", "the alias's target allows, the name above does not")
            .dns(&["@ CAA 0 issue \"ca.example\"", "www.@ CNAME ok.t.@", "ok.t.@ A 203.0.113.10"])
            .dns(&["ok.t.@ CAA 0 issue \"letsencrypt.org\""])
            .host("www.@"),
        row("caa-alias-above", "above the alias's target it does not count").dns(&[
            "@ CNAME ok.t.@",
            "ok.t.@ A 203.0.113.10",
            "t.@ CAA 0 issue \"ca.example\"",
        ]),
    ]
}

fn servers() -> Vec<Row> {
    let [one, two, _] = GOOD;
    let behind = |way: Way| [way.at()];
    let ours = &["@ A 203.0.113.10", "@ CAA 0 issue \"letsencrypt.org\""][..];
    let other = &["@ A 203.0.113.10", "@ CAA 0 issue \"ca.example\""][..];
    vec![
        row("caa-drop", "no answer about CAA").served_by(&behind(Way::DropsCaa)).blocked(Side::Dns),
        row("caa-servfail", "SERVFAIL for CAA").served_by(&behind(Way::ServfailsCaa)).blocked(Side::Dns),
        row("caa-notimp", "NOTIMP for CAA").served_by(&behind(Way::NotimpsCaa)).blocked(Side::Dns),
        row("caa-refused", "REFUSED for CAA").served_by(&behind(Way::RefusesCaa)).blocked(Side::Dns),
        row("caa-cut", "CAA cut short, and nothing by TCP")
            .served_by(&behind(Way::CutsCaa))
            .blocked(Side::Dns),
        row("caa-nxdomain", "NXDOMAIN for CAA, though the name exists").served_by(&behind(Way::DeniesCaa)),
        row("caa-no-soa", "nothing, without a SOA").served_by(&behind(Way::NoSoa)),
        row("caa-split", "two servers, of which one forbids")
            .own(&[(one, 0), (two, 1)], &[ours, other])
            .luck(),
        row("caa-split-new", "one of two servers still forbids")
            .own(&[(one, 0), (two, 1)], &[&["@ A 203.0.113.10"], other])
            .luck()
            .says(Says::Fitting),
    ]
}
