//! What pebble makes of a situation, and that propwatch with `--ca pebble` never says safe where it refuses.

use std::path::Path;
use std::time::Duration;

use super::letsencrypt;
use super::look::{Said, command, run, side_by_side};
use super::odd::{DEAD, FORMER, GOOD, REFUSING, Way};
use super::orders::Pebble;
use super::row::{CLOSED, CLOSED6, HOLE, HOST, HOST2, HOST6, LEFT, LEFT6, Row, Side, Truth, row, web};
use super::stage::Stage;
use super::web::{Doing, answer, around, chunked, gzipped};

/// Programs side by side: most of what they do is to wait.
const AT_ONCE: usize = 16;
/// Passes with pebble that propwatch may call unsafe without a warning, in per cent.
const CAUTION: usize = 2;

/// Every situation.
pub(crate) fn situations() -> Vec<Row> {
    [names(), servers(), web_servers(), answers(), redirects()].concat()
}

fn names() -> Vec<Row> {
    vec![
        web("healthy", "one address, file served", Doing::Serve),
        row("both", "IPv4 and IPv6, both serve")
            .dns(&["@ A 203.0.113.10", "@ AAAA 2001:db8::10"])
            .site(HOST6, "@", Doing::Serve)
            .expect(&[HOST, HOST6]),
        row("six", "IPv6 only").dns(&["@ AAAA 2001:db8::10"]).site(HOST6, "@", Doing::Serve).expect(&[HOST6]),
        row("two", "two addresses, both serve")
            .dns(&["@ A 203.0.113.10", "@ A 203.0.113.11"])
            .site(HOST2, "@", Doing::Serve)
            .expect(&[HOST, HOST2]),
        row("two-left", "two addresses expected, one does not serve")
            .dns(&["@ A 203.0.113.10", "@ A 203.0.113.66"])
            .expect(&[HOST, LEFT])
            .luck(),
        row("two-wrong", "a second address that nobody expects")
            .dns(&["@ A 203.0.113.10", "@ A 203.0.113.66"])
            .luck(),
        row("two-closed", "two addresses expected, one closed")
            .dns(&["@ A 203.0.113.10", "@ A 203.0.113.90"])
            .expect(&[HOST, CLOSED])
            .luck(),
        row("alias", "an alias in the zone").dns(&["@ CNAME t.@", "t.@ A 203.0.113.10"]),
        row("alias-away", "an alias into another zone").dns(&["@ CNAME alias-target.example.net."]),
        row("alias-target", "what another zone's alias leads to")
            .below("example.net.")
            .dns(&["@ A 203.0.113.10"]),
        row("alias-nowhere", "an alias to a name that does not exist")
            .dns(&["@ CNAME gone.@"])
            .fails(Side::Dns),
        row("alias-circle", "aliases in a circle").dns(&["@ CNAME t.@", "t.@ CNAME @"]).fails(Side::Dns),
        row("wild", "covered by a wildcard").dns(&["*.@ A 203.0.113.10"]).host("any.@"),
        row("nxdomain", "no such name").fails(Side::Dns),
        row("nodata", "no address").dns(&["@ TXT \"nothing\""]).fails(Side::Dns),
        row("old", "still the old address").dns(&["@ A 203.0.113.66"]).fails(Side::Web),
        row("six-closed", "IPv6 closed: pebble does not fall back")
            .dns(&["@ A 203.0.113.10", "@ AAAA 2001:db8::90"])
            .expect(&[HOST, CLOSED6])
            .fails(Side::Rule),
        row("six-stray", "an old AAAA that answers 404")
            .dns(&["@ A 203.0.113.10", "@ AAAA 2001:db8::66"])
            .fails(Side::Web),
        row("six-stray-known", "an expected AAAA that answers 404")
            .dns(&["@ A 203.0.113.10", "@ AAAA 2001:db8::66"])
            .expect(&[HOST, LEFT6])
            .fails(Side::Web),
        row("caa", "CAA for another CA, at which pebble does not look")
            .dns(&["@ A 203.0.113.10", "@ CAA 0 issue \"ca.example\""]),
    ]
}

fn servers() -> Vec<Row> {
    let right = &["@ A 203.0.113.10"][..];
    let wrong = &["@ A 203.0.113.66"][..];
    let [one, two, three] = GOOD;
    vec![
        row("ns-both", "two servers, both right").served_by(&[one, two]),
        row("ns-behind", "one of two servers behind").own(&[(one, 0), (two, 1)], &[right, wrong]).luck(),
        row("ns-stuck", "one of two servers has other content under the same serial")
            .own(&[(one, 0), (two, 1)], &[right, wrong])
            .same_serial()
            .luck(),
        row("ns-behind-nx", "one of two servers does not have the name yet")
            .own(&[(one, 0), (two, 1)], &[right, &[]])
            .luck(),
        row("ns-behind-third", "one of three servers behind")
            .own(&[(one, 0), (two, 0), (three, 1)], &[right, wrong])
            .luck(),
        row("ns-lame", "all servers refuse the zone").served_by(&[REFUSING]).fails(Side::Dns),
        row("ns-dead", "all servers are dead").served_by(&[DEAD]).fails(Side::Dns),
        row("ns-dead-third", "one of three servers is dead").served_by(&[one, two, DEAD]),
        row("ns-lame-third", "one of three servers refuses").served_by(&[one, two, REFUSING]),
        row("ns-left", "delegated to the old provider, where all is old")
            .own(&[(FORMER, 0)], &[wrong])
            .fails(Side::Web),
        row("ns-caa", "a server that fails for CAA, at which pebble does not look")
            .served_by(&[Way::ServfailsCaa.at()]),
        row("ns-aaaa", "a server that fails for AAAA").served_by(&[Way::ServfailsAaaa.at()]),
        row("ns-servfail", "a server that fails for A").served_by(&[Way::ServfailsA.at()]).fails(Side::Dns),
    ]
}

fn web_servers() -> Vec<Row> {
    vec![
        row("closed", "port 80 closed").dns(&["@ A 203.0.113.90"]).expect(&[CLOSED]).fails(Side::Web),
        row("hole", "port 80 filtered").dns(&["@ A 198.18.7.7"]).expect(&[HOLE]).fails(Side::Web),
        web("hang", "no answer", Doing::Hang).fails(Side::Web),
        web("close", "closes without an answer", Doing::Close).fails(Side::Web),
        web("slow", "answers after two seconds", Doing::Slow(Duration::from_secs(2))),
        web("too-slow", "answers after twenty seconds", Doing::Slow(Duration::from_secs(20)))
            .fails(Side::Rule),
        web("endless", "a body that never ends", Doing::Endless).fails(Side::Web),
        web("endless-head", "a head that never ends", Doing::EndlessHead).fails(Side::Web),
        web(
            "no-http",
            "answers, but not in HTTP",
            Doing::Raw(|_| b"220 post.example.com ESMTP\r\n".to_vec()),
        )
        .fails(Side::Web),
        web("http-1-0", "speaks HTTP/1.0", Doing::Raw(|file| [b"HTTP/1.0 200 OK\r\n\r\n", file].concat())),
    ]
}

fn answers() -> Vec<Row> {
    vec![
        web("docroot", "404: the file is elsewhere", Doing::Status(404)).fails(Side::Web),
        web("forbidden", "403", Doing::Status(403)).fails(Side::Web),
        web("unavailable", "503", Doing::Status(503)).fails(Side::Web),
        web("password", "401", Doing::Status(401)).fails(Side::Web),
        web("partial", "206 with the file", Doing::Raw(|file| answer(206, "", file))).fails(Side::Rule),
        web("parked", "the same page for everything", Doing::Says("<html>welcome</html>\n")).fails(Side::Web),
        web("empty", "nothing for everything", Doing::Says("")).fails(Side::Web),
        web("newline", "the file ends with line ends", Doing::Raw(|file| around(b"", file, b'\n', 90))),
        web("newlines", "pebble trims any number of them", Doing::Raw(|file| around(b"", file, b'\n', 300))),
        web("blanks", "pebble does not trim blanks", Doing::Raw(|file| around(b"", file, b' ', 90)))
            .fails(Side::Rule),
        web("leading", "a line end before it", Doing::Raw(|file| around(b"\n", file, b'\n', 90)))
            .fails(Side::Web),
        web("bom", "a byte order mark before it", Doing::Raw(|file| around(b"\xef\xbb\xbf", file, 0, 0)))
            .fails(Side::Web),
        web("longer", "more after it", Doing::Raw(|file| around(b"", file, b'x', 90))).fails(Side::Web),
        web("gzip", "compressed", Doing::Raw(gzipped)),
        web("chunked", "in chunks", Doing::Raw(chunked)),
    ]
}

fn redirects() -> Vec<Row> {
    let to = |status, to: &str| Doing::Redirect(status, to.to_owned());
    let there = |id, what, status| web(id, what, to(status, "http://t.@{path}")).dns(&["t.@ A 203.0.113.11"]);
    let followed = |id, what, status| there(id, what, status).site(HOST2, "t.@", Doing::Serve);
    vec![
        followed("r301", "301 to another host", 301),
        followed("r302", "302 to another host", 302),
        followed("r303", "303, which pebble follows", 303),
        followed("r307", "307 to another host", 307),
        followed("r308", "308 to another host", 308),
        there("r-404", "a redirect to a host without the file", 301).fails(Side::Web),
        web("r300", "300 leads nowhere", Doing::Status(300)).fails(Side::Web),
        web("r-none", "302 without a target", Doing::Status(302)).fails(Side::Web),
        web("r-tls", "a redirect to HTTPS", to(301, "https://@{path}")).port(HOST, 443, "@", Doing::Serve),
        web("r-tls-404", "a redirect to HTTPS, where the file is not", to(301, "https://@{path}"))
            .fails(Side::Web),
        web("r-port", "a redirect to port 8080, which pebble follows", to(302, "http://@:8080{path}")).port(
            HOST,
            8080,
            "@",
            Doing::Serve,
        ),
        web("r-address", "a redirect to an address", to(302, "http://203.0.113.11{path}")).site(
            HOST2,
            HOST2,
            Doing::Serve,
        ),
        web("r-closed", "a redirect to a closed port", to(302, "http://t.@{path}"))
            .dns(&["t.@ A 203.0.113.90"])
            .fails(Side::Web),
        web("r-six", "a redirect to a host whose IPv6 is closed", to(302, "http://t.@{path}"))
            .dns(&["t.@ A 203.0.113.11", "t.@ AAAA 2001:db8::90"])
            .site(HOST2, "t.@", Doing::Serve)
            .fails(Side::Rule),
        web("r-nowhere", "a redirect to a name that does not exist", to(302, "http://gone.@{path}"))
            .fails(Side::Web),
        web("r-loop", "a redirect to itself", to(302, "http://@{path}")).fails(Side::Web),
        web("r-home", "everything leads to the front page", to(302, "/")).fails(Side::Web),
        web("hops-9", "nine redirects", Doing::Hops(9)),
        web("hops-10", "ten redirects", Doing::Hops(10)).fails(Side::Rule),
    ]
}

/// One row of the comparison.
struct Met {
    said: Said,
    issued: Result<(), String>,
}

/// Asks propwatch about every situation, and orders a certificate for each.
pub(crate) fn play(base: &Path) {
    let rows = situations();
    let stage = Stage::build(base, &rows, false);
    let pebble = Pebble::start(base);
    let met = side_by_side(&rows, AT_ONCE, |row| {
        let said = run(command("check", row, "pebble"));
        let issued = pebble.order(&row.asked(), &stage.root(row));
        Met { said, issued }
    });
    let mut bad = Vec::new();
    let (mut over, mut passes, mut refused) = (0, 0, 0);
    for (row, Met { said, issued }) in rows.iter().zip(&met) {
        let got = issued.is_ok();
        let what = match row.truth {
            Truth::Passes | Truth::Doubtful if !got => "the CA refuses, and was to pass",
            Truth::Fails(_) if got => "the CA passes, and was to refuse",
            Truth::Luck if said.safe() => "SAFE BY LUCK",
            _ if said.safe() && !got => "SAFE, AND THE CA REFUSES",
            _ => "",
        };
        passes += usize::from(got);
        refused += usize::from(!got);
        let careful = row.truth == Truth::Passes && !said.safe();
        over += usize::from(careful && !said.warns());
        let what = if what.is_empty() && careful { "not safe, and the CA passes" } else { what };
        let untold = letsencrypt::untold(row, said).filter(|_| what.is_empty());
        let what = untold.as_deref().unwrap_or(what);
        let line = format!(
            "{:<16} {:<12} {:<8} {:>5.1} s  {}; {:?} {} {}",
            row.id,
            said.verdict(),
            if got { "issued" } else { "refused" },
            said.took,
            row.what,
            said.reasons,
            said.error,
            issued.as_ref().err().map_or("", String::as_str)
        );
        println!("{}{line}", if what.is_empty() { "" } else { "! " });
        if !what.is_empty() {
            bad.push(format!("{}: {what}", row.id));
        }
    }
    bad.iter().for_each(|line| println!("# {line}"));
    println!("# {} situations; the CA passed {passes} and refused {refused}", rows.len());
    let bold = met.iter().filter(|met| met.said.safe() && met.issued.is_err()).count();
    println!("# safe, and the CA refuses: {bold} of {refused}");
    println!("# not safe without a warning though it passes: {over} of {passes}");
    assert!(rows.len() >= 40);
    bad.retain(|line| !line.ends_with("not safe, and the CA passes"));
    assert!(bad.is_empty(), "{bad:?}");
    assert!(over * 100 <= passes * CAUTION, "{over} of {passes} are held back without a word");
}
