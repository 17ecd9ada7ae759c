//! Names, name servers and signatures as Let's Encrypt's resolvers meet them (validating, mixed case, EDNS).

use super::odd::{DEAD, FORMER, GOOD, GOOD6, REFUSING, SHUT, Way};
use super::row::{HOST, HOST2, HOST6, LEFT, PRIVATE, PUBLIC, Row, Says, Side, row, web};
use super::sign::Seal;
use super::web::Doing;

pub(crate) fn rows() -> Vec<Row> {
    [names(), moving(), servers(), ways(), seals(), reserved(), policy()].concat()
}

fn names() -> Vec<Row> {
    let two = row("two", "two addresses, both serve").dns(&["@ A 203.0.113.10", "@ A 203.0.113.11"]);
    vec![
        row("healthy", "one address, file served").dns(&["@ A 203.0.113.10"]),
        row("both", "IPv4 and IPv6, both serve")
            .dns(&["@ A 203.0.113.10", "@ AAAA 2001:db8::10"])
            .site(HOST6, "@", Doing::Serve)
            .expect(&[HOST, HOST6]),
        row("six", "IPv6 only").dns(&["@ AAAA 2001:db8::10"]).site(HOST6, "@", Doing::Serve).expect(&[HOST6]),
        two.site(HOST2, "@", Doing::Serve).expect(&[HOST, HOST2]),
        row("two-left", "two addresses expected, one without the file")
            .dns(&["@ A 203.0.113.10", "@ A 203.0.113.66"])
            .expect(&[HOST, LEFT])
            .luck(),
        row("alias", "an alias in the zone").dns(&["@ CNAME t.@", "t.@ A 203.0.113.10"]),
        row("alias-away", "an alias into another zone").dns(&["@ CNAME secure.example.net."]),
        row("alias-nowhere", "an alias to a name that does not exist")
            .dns(&["@ CNAME gone.@"])
            .fails(Side::Dns),
        row("alias-circle", "aliases in a circle").dns(&["@ CNAME t.@", "t.@ CNAME @"]).blocked(Side::Dns),
        row("dname", "an alias by DNAME").dns(&["d.@ DNAME t.@", "x.t.@ A 203.0.113.10"]).host("x.d.@"),
        row("no-zone", "a domain that is not registered").host("www.no-zone.com").fails(Side::Dns),
        row("wild", "covered by a wildcard").dns(&["*.@ A 203.0.113.10"]).host("any.@"),
        row("nxdomain", "no such name").fails(Side::Dns),
        row("nodata", "no address").dns(&["@ TXT \"nothing\""]).fails(Side::Dns),
        row("old", "still the old address").dns(&["@ A 203.0.113.66"]).fails(Side::Web),
        row("old-too", "the old address beside the new one")
            .dns(&["@ A 203.0.113.10", "@ A 203.0.113.66"])
            .luck(),
    ]
}

fn moving() -> Vec<Row> {
    let right = &["@ A 203.0.113.10"][..];
    let wrong = &["@ A 203.0.113.66"][..];
    let [one, two, three] = GOOD;
    vec![
        row("ns-both", "two servers, both right").served_by(&[one, two]),
        row("ns-six", "a server over IPv6 too").served_by(&[GOOD6, one]),
        row("ns-behind", "one of two servers behind")
            .own(&[(one, 0), (two, 1)], &[right, wrong])
            .luck()
            .says(Says::NotYet),
        row("ns-behind-nx", "one of two servers does not have the name yet")
            .own(&[(one, 0), (two, 1)], &[right, &[]])
            .luck()
            .says(Says::NotYet),
        row("ns-behind-third", "one of three servers behind")
            .own(&[(one, 0), (two, 0), (three, 1)], &[right, wrong])
            .luck()
            .says(Says::NotYet),
        row("ns-stuck", "other content under the same serial")
            .own(&[(one, 0), (two, 1)], &[right, wrong])
            .same_serial()
            .luck(),
        row("ns-left", "delegated to the old provider, where all is old")
            .own(&[(FORMER, 0)], &[wrong])
            .fails(Side::Web),
        row("ns-glue", "the parent's address of one of two servers is dead, the zone's own is fine")
            .own(&[(DEAD, 0), (one, 0)], &[right])
            .own_address(one)
            .doubtful(),
        row("ns-own", "the zone's own address of its only server is dead, the parent's is fine")
            .own(&[(one, 0)], &[right])
            .own_address(DEAD)
            .doubtful(),
    ]
}

fn servers() -> Vec<Row> {
    let [one, two, three] = GOOD;
    vec![
        row("ns-dead", "all servers are dead").served_by(&[DEAD]).fails(Side::Dns),
        row("ns-shut", "no server listens").served_by(&[SHUT]).fails(Side::Dns),
        row("ns-lame", "all servers refuse the zone")
            .own(&[(REFUSING, 0), (FORMER, 1)], &[&[]])
            .blocked(Side::Dns),
        row("ns-dead-third", "one of three servers is dead").served_by(&[one, two, DEAD]),
        row("ns-shut-third", "one of three servers does not listen").served_by(&[one, two, SHUT]),
        row("ns-lame-third", "one of three servers refuses").served_by(&[one, two, REFUSING]),
        row("ns-dead-half", "one of two servers is dead").served_by(&[one, DEAD]).doubtful(),
        row("ns-lame-half", "one of two servers refuses").served_by(&[one, REFUSING]).doubtful(),
        row("ns-dead-two", "two of four servers are dead").served_by(&[one, two, DEAD, SHUT]).doubtful(),
        row("ns-dead-quarter", "one of four servers is dead").served_by(&[one, two, three, DEAD]),
    ]
}

fn ways() -> Vec<Row> {
    let odd = |id, what, way: Way| row(id, what).served_by(&[way.at()]);
    vec![
        odd("odd-case", "drops mixed case", Way::DropsCase).blocked(Side::Dns),
        odd("odd-lower", "answers mixed case in lower case", Way::Lowers),
        odd("odd-edns", "drops EDNS", Way::DropsEdns).blocked(Side::Dns),
        odd("odd-edns-formerr", "FORMERR for EDNS", Way::FormerrOnEdns),
        odd("odd-aaaa-drop", "no answer about AAAA", Way::DropsAaaa).blocked(Side::Rule),
        odd("odd-aaaa-servfail", "SERVFAIL for AAAA", Way::ServfailsAaaa),
        odd("odd-aaaa-nxdomain", "NXDOMAIN for AAAA, though there is an A", Way::DeniesAaaa),
        odd("odd-tcp", "everything by TCP", Way::OnlyTcp),
        odd("odd-no-tcp", "nothing by TCP", Way::NoTcp),
        odd("odd-no-aa", "answers without authority", Way::NoAuthority),
        row("odd-a-drop", "no answer about A, IPv6 fine")
            .own(&[(Way::DropsA.at(), 0)], &[&["@ AAAA 2001:db8::10"]])
            .site(HOST6, "@", Doing::Serve)
            .expect(&[HOST6])
            .blocked(Side::Rule),
        row("odd-a-servfail", "SERVFAIL for A, IPv6 fine")
            .own(&[(Way::ServfailsA.at(), 0)], &[&["@ AAAA 2001:db8::10"]])
            .site(HOST6, "@", Doing::Serve)
            .expect(&[HOST6]),
    ]
}

fn seals() -> Vec<Row> {
    let sealed = |id, what, seal| row(id, what).sealed(seal);
    let mut half = sealed("sec-half", "one of two servers has no signatures", Seal::Half);
    let own = half.own.as_mut().unwrap();
    own.versions.push(own.versions[0].clone());
    own.servers[1].1 = 1;
    own.same_serial = true;
    vec![
        row("secure", "a name in a signed zone").below("example.net.").dns(&["@ A 203.0.113.10"]),
        row("secure-wild", "a wildcard in a signed zone")
            .below("example.net.")
            .dns(&["*.@ A 203.0.113.10"])
            .host("any.@"),
        row("secure-caa", "CAA in a signed zone")
            .below("example.net.")
            .dns(&["@ A 203.0.113.10", "@ CAA 0 issue \"letsencrypt.org\""]),
        row("secure-alias", "an alias in a signed zone")
            .below("example.net.")
            .dns(&["@ CNAME t.@", "t.@ A 203.0.113.10"]),
        sealed("sec-well", "a signed zone of its own", Seal::Well),
        sealed("sec-hashed", "signed with NSEC3", Seal::Hashed),
        sealed("sec-ending", "signatures that end within the hour", Seal::Ending),
        sealed("sec-none", "unsigned below a signed zone", Seal::None),
        sealed("sec-not-told", "signed, and the parent has no DS", Seal::NotTold),
        sealed("sec-unknown", "a DS of an unknown algorithm only", Seal::Unknown),
        sealed("sec-expired", "expired signatures", Seal::Expired).blocked(Side::Dns),
        sealed("sec-early", "signatures of tomorrow", Seal::Early).fails(Side::Dns),
        sealed("sec-other", "the DS of another key", Seal::OtherKey).blocked(Side::Dns),
        sealed("sec-unsigned", "a DS, and no signatures", Seal::Unsigned).blocked(Side::Dns),
        sealed("sec-changed", "an address changed after signing", Seal::Changed).blocked(Side::Dns),
        sealed("sec-bare", "an address without a signature", Seal::Bare).blocked(Side::Dns),
        sealed("sec-undenied", "no proof of what does not exist", Seal::Undenied).blocked(Side::Dns),
        half.doubtful(),
        // Nothing below a zone without a DS is validated (RFC 4035, section 5.2).
        sealed("sec-below", "expired signatures below a zone that is not signed itself", Seal::Expired)
            .below("example.com."),
        row("sec-alias", "an alias into a zone with expired signatures")
            .dns(&["@ CNAME sec-expired.example.net."])
            .blocked(Side::Dns),
    ]
}

/// Without `--allow-reserved`.
fn reserved() -> Vec<Row> {
    let public = |id, what, lines: &[&str]| {
        row(id, what).public().dns(lines).site(PUBLIC, "@", Doing::Serve).expect(&[PUBLIC])
    };
    vec![
        public("res-none", "a public address", &["@ A 45.45.45.45"]),
        public("res-private", "a private address", &["@ A 10.0.0.10"])
            .site(PRIVATE, "@", Doing::Serve)
            .expect(&[PRIVATE])
            .blocked(Side::Rule),
        public("res-test", "an address for documentation", &["@ A 203.0.113.10"])
            .expect(&[HOST])
            .blocked(Side::Rule),
        public("res-shared", "an address of a carrier's inside", &["@ A 100.64.0.7"])
            .expect(&["100.64.0.7"])
            .blocked(Side::Rule),
        public("res-six", "a local IPv6 address only", &["@ AAAA fd00::10"])
            .expect(&["fd00::10"])
            .blocked(Side::Rule),
        public("res-beside", "a private address beside a public one", &["@ A 45.45.45.45", "@ A 10.0.0.10"])
            .expect(&[PUBLIC, PRIVATE])
            .doubtful(),
        public("res-six-beside", "a local IPv6 address beside a public one", &["@ A 45.45.45.45"])
            .dns(&["@ AAAA fd00::10"])
            .doubtful(),
        web("res-redirect", "a redirect to a private address", Doing::Status(404))
            .public()
            .dns(&["r.@ A 45.45.45.45"])
            .site(PUBLIC, "r.@", Doing::Redirect(302, "http://10.0.0.10{path}".to_owned()))
            .site(PRIVATE, PRIVATE, Doing::Serve)
            .host("r.@")
            .expect(&[PUBLIC])
            .blocked(Side::Rule),
    ]
}

/// Names that the CA does not take (boulder `policy/pa.go`).
fn policy() -> Vec<Row> {
    let named = |id, what, lines: &[&str], host| row(id, what).dns(lines).host(host).blocked(Side::Rule);
    let literal = |id, what, host| row(id, what).host(host).fails(Side::Rule);
    vec![
        named("pol-underscore", "an underscore", &["_a.@ A 203.0.113.10"], "_a.@"),
        named("pol-deep", "eleven labels", &["a.b.c.d.e.f.g.h.@ A 203.0.113.10"], "a.b.c.d.e.f.g.h.@"),
        row("pol-ten", "ten labels").dns(&["a.b.c.d.e.f.g.@ A 203.0.113.10"]).host("a.b.c.d.e.f.g.@"),
        named("pol-hyphens", "two hyphens at a reserved place", &["ab--cd.@ A 203.0.113.10"], "ab--cd.@"),
        literal("pol-suffix", "no public suffix", "ready.lab"),
        literal("pol-tld", "a top-level domain", "com"),
        literal("pol-address", "an address in place of a name", "203.0.113.10").says(Says::Usage),
        row("pol-wild", "a wildcard")
            .dns(&["*.@ A 203.0.113.10"])
            .host("*.@")
            .fails(Side::Rule)
            .says(Says::Usage),
    ]
}
