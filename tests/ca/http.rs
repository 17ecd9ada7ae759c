//! HTTP-01 as Let's Encrypt does it (boulder `va/http.go`).

use std::time::Duration;

use super::row::{CLOSED, CLOSED6, HOLE, HOLE6, HOST, HOST2, HOST6, LEFT6, Row, Side, row, web};
use super::web::{Doing, answer, around, chunked, gzipped};

pub(crate) fn rows() -> Vec<Row> {
    [connections(), sixes(), answers(), bodies(), redirects(), targets()].concat()
}

fn connections() -> Vec<Row> {
    vec![
        row("closed", "port 80 closed").dns(&["@ A 203.0.113.90"]).expect(&[CLOSED]).blocked(Side::Web),
        row("hole", "port 80 filtered").dns(&["@ A 198.18.7.7"]).expect(&[HOLE]).blocked(Side::Web),
        web("hang", "no answer", Doing::Hang).blocked(Side::Web),
        web("close", "closes without an answer", Doing::Close).blocked(Side::Web),
        web("slow", "answers after two seconds", Doing::Slow(Duration::from_secs(2))),
        web("slow-eleven", "answers after eleven seconds", Doing::Slow(Duration::from_secs(11))).doubtful(),
        web("too-slow", "answers after half a minute", Doing::Slow(Duration::from_secs(30)))
            .blocked(Side::Web),
        web("endless", "a body that never ends", Doing::Endless).blocked(Side::Web),
        web("endless-head", "a head that never ends", Doing::EndlessHead).blocked(Side::Web),
        web(
            "no-http",
            "answers, but not in HTTP",
            Doing::Raw(|_| b"220 post.example.com ESMTP\r\n".to_vec()),
        )
        .blocked(Side::Web),
        web("http-1-0", "speaks HTTP/1.0", Doing::Raw(|file| [b"HTTP/1.0 200 OK\r\n\r\n", file].concat())),
        row("two-closed", "two addresses, one closed")
            .dns(&["@ A 203.0.113.10", "@ A 203.0.113.90"])
            .expect(&[HOST, CLOSED])
            .luck(),
    ]
}

fn sixes() -> Vec<Row> {
    let both = |id, what, six: &str| row(id, what).dns(&["@ A 203.0.113.10", &format!("@ AAAA {six}")]);
    vec![
        both("six-closed", "IPv6 closed: the CA goes on to IPv4", CLOSED6).expect(&[HOST, CLOSED6]),
        both("six-hole", "IPv6 filtered: the CA goes on to IPv4", HOLE6).expect(&[HOST, HOLE6]),
        both("six-hole-slow", "IPv6 filtered takes ten seconds, and IPv4 another nine", HOLE6)
            .site(HOST, "@", Doing::Slow(Duration::from_secs(9)))
            .expect(&[HOST, HOLE6])
            .fails(Side::Rule),
        both("six-stray-closed", "an AAAA that nobody expects, closed", CLOSED6).doubtful(),
        both("six-404", "IPv6 answers 404: the CA stays there", LEFT6)
            .expect(&[HOST, LEFT6])
            .blocked(Side::Web),
        both("six-stray", "an AAAA that nobody expects, with another site", LEFT6).blocked(Side::Web),
        both("six-hang", "IPv6 connects and says nothing", LEFT6)
            .site(LEFT6, "@", Doing::Hang)
            .expect(&[HOST, LEFT6])
            .blocked(Side::Web),
        both("six-redirect", "IPv6 leads to a host that has the file", LEFT6)
            .dns(&["t.@ A 203.0.113.11"])
            .site(LEFT6, "@", Doing::Redirect(302, "http://t.@{path}".to_owned()))
            .site(HOST2, "t.@", Doing::Serve)
            .expect(&[HOST, LEFT6]),
        both("six-closed-redirect", "IPv6 closed, and IPv4 redirects to the same name", CLOSED6)
            .site(HOST, "@", Doing::Hops(1))
            .expect(&[HOST, CLOSED6])
            .blocked(Side::Rule),
        row("six-both-closed", "IPv4 and IPv6 closed")
            .dns(&["@ A 203.0.113.90", "@ AAAA 2001:db8::90"])
            .expect(&[CLOSED, CLOSED6])
            .blocked(Side::Web),
        row("six-only-closed", "IPv6 only, closed")
            .dns(&["@ AAAA 2001:db8::90"])
            .expect(&[CLOSED6])
            .blocked(Side::Web),
        row("six-better", "IPv6 serves, IPv4 is closed")
            .dns(&["@ A 203.0.113.90", "@ AAAA 2001:db8::10"])
            .site(HOST6, "@", Doing::Serve)
            .expect(&[CLOSED, HOST6])
            .doubtful(),
    ]
}

fn answers() -> Vec<Row> {
    vec![
        web("docroot", "404: the file is elsewhere", Doing::Status(404)).blocked(Side::Web),
        web("forbidden", "403", Doing::Status(403)).blocked(Side::Web),
        web("password", "401", Doing::Status(401)).blocked(Side::Web),
        web("unavailable", "503", Doing::Status(503)).fails(Side::Web),
        web("partial", "206 with the file", Doing::Raw(|file| answer(206, "", file))).blocked(Side::Rule),
        web("not-found-but", "404 with the file", Doing::Raw(|file| answer(404, "", file)))
            .blocked(Side::Rule),
        web("parked", "the same page for everything", Doing::Says("<html>welcome</html>\n"))
            .blocked(Side::Web),
        web("empty", "nothing for everything", Doing::Says("")).blocked(Side::Web),
        web("no-web", "the web is not looked at", Doing::Serve).unproven().option(&["--no-web"]).doubtful(),
        web("no-file", "a healthy 404 for a file that cannot exist", Doing::Serve).unproven().doubtful(),
        web("no-file-parked", "the same page for everything, and no test file", Doing::Says("welcome\n"))
            .unproven()
            .doubtful(),
        web("no-file-403", "403 for everything, and no test file", Doing::Status(403)).unproven().doubtful(),
        web("no-file-closed", "port 80 closed, and no test file", Doing::Serve)
            .dns(&["c.@ A 203.0.113.90"])
            .host("c.@")
            .expect(&[CLOSED])
            .unproven()
            .blocked(Side::Web),
    ]
}

fn bodies() -> Vec<Row> {
    vec![
        web("newline", "a line end after it", Doing::Raw(|file| around(b"", file, b'\n', 88))),
        web("blanks", "blanks after it", Doing::Raw(|file| around(b"", file, b' ', 100))),
        web(
            "blanks-wide",
            "blanks of other kinds after it",
            Doing::Raw(|file| answer(200, "", &[file, "\u{a0}\u{2003}\n".as_bytes()].concat())),
        ),
        web("body-127", "127 bytes", Doing::Raw(|file| around(b"", file, b' ', 127))),
        web("body-128", "128 bytes", Doing::Raw(|file| around(b"", file, b' ', 128))).blocked(Side::Rule),
        web("leading", "a line end before it", Doing::Raw(|file| around(b"\n", file, b'\n', 90)))
            .blocked(Side::Web),
        web("bom", "a byte order mark before it", Doing::Raw(|file| around(b"\xef\xbb\xbf", file, 0, 0)))
            .blocked(Side::Web),
        web("longer", "more after it", Doing::Raw(|file| around(b"", file, b'x', 90))).blocked(Side::Web),
        web("shorter", "half of it", Doing::Raw(|file| answer(200, "", &file[..40]))).blocked(Side::Web),
        web("gzip", "compressed", Doing::Raw(gzipped)),
        web("chunked", "in chunks", Doing::Raw(chunked)),
    ]
}

fn to(status: u16, to: &str) -> Doing {
    Doing::Redirect(status, to.to_owned())
}

fn redirects() -> Vec<Row> {
    let there = |id, what, status| web(id, what, to(status, "http://t.@{path}")).dns(&["t.@ A 203.0.113.11"]);
    let followed = |id, what, status| there(id, what, status).site(HOST2, "t.@", Doing::Serve);
    vec![
        followed("r301", "301 to another host", 301),
        followed("r302", "302 to another host", 302),
        followed("r307", "307 to another host", 307),
        followed("r308", "308 to another host", 308),
        followed("r303", "303", 303).blocked(Side::Rule),
        there("r-404", "a redirect to a host without the file", 301).blocked(Side::Web),
        web("r300", "300 leads nowhere", Doing::Status(300)).blocked(Side::Web),
        web("r-none", "302 without a target", Doing::Status(302)).blocked(Side::Web),
        web("r-loop", "a redirect to itself", to(302, "http://@{path}")).blocked(Side::Web),
        web("r-home", "everything leads to the front page", to(302, "/")).blocked(Side::Web),
        web("hops-10", "ten redirects, as documented", Doing::Hops(10)),
        web("hops-11", "eleven redirects, as boulder counts them", Doing::Hops(11)),
        web("hops-12", "twelve redirects", Doing::Hops(12)).blocked(Side::Web),
        web("r-long", "a path of more than 2000 characters", to(302, &format!("/{}", "a".repeat(2100))))
            .blocked(Side::Web),
        followed("r-user", "a redirect with a user's name", 302).site(
            HOST,
            "@",
            to(302, "http://me:secret{at}t.@{path}"),
        ),
    ]
}

fn targets() -> Vec<Row> {
    let tls = |id, what| web(id, what, to(301, "https://@{path}"));
    let serves = |to_where: &str| to(302, to_where);
    vec![
        tls("r-tls", "a redirect to HTTPS, a certificate that nobody knows").port(
            HOST,
            443,
            "@",
            Doing::Serve,
        ),
        tls("r-tls-404", "a redirect to HTTPS, where the file is not").blocked(Side::Web),
        web("r-tls-port", "a redirect to https with the port 443", serves("https://@:443{path}")).port(
            HOST,
            443,
            "@",
            Doing::Serve,
        ),
        web("r-tls-closed", "a redirect to HTTPS at a closed port", serves("https://t.@{path}"))
            .dns(&["t.@ A 203.0.113.90"])
            .blocked(Side::Web),
        web("r-tls-80", "a redirect to https at port 80", serves("https://@:80{path}")).blocked(Side::Web),
        web("r-no-host", "a redirect to nobody", serves("http:///{path}")).blocked(Side::Web),
        web("r-upper", "a redirect to a host in capitals", serves("http://T.@{path}"))
            .dns(&["t.@ A 203.0.113.11"])
            .site(HOST2, "t.@", Doing::Serve),
        web("r-plain-443", "a redirect to http at port 443", serves("http://@:443{path}")).blocked(Side::Web),
        web("r-port", "a redirect to port 8080", serves("http://@:8080{path}"))
            .port(HOST, 8080, "@", Doing::Serve)
            .blocked(Side::Rule),
        web("r-scheme", "a redirect to another scheme", serves("ftp://@{path}")).blocked(Side::Web),
        web("r-file", "a redirect to a file", serves("file:///etc/hostname")).blocked(Side::Web),
        web("r-local", "a redirect to a name below no TLD", serves("http://www.internal{path}"))
            .blocked(Side::Web),
        web("r-well-known", "a slash forgotten in the target", serves("http://@.well-known{path}"))
            .blocked(Side::Web),
        web("r-closed", "a redirect to a closed port", serves("http://t.@{path}"))
            .dns(&["t.@ A 203.0.113.90"])
            .blocked(Side::Web),
        web("r-six", "a redirect to a host whose IPv6 is closed", serves("http://t.@{path}"))
            .dns(&["t.@ A 203.0.113.11", "t.@ AAAA 2001:db8::90"])
            .site(HOST2, "t.@", Doing::Serve)
            .blocked(Side::Rule),
        web("r-nowhere", "a redirect to a name that does not exist", serves("http://gone.@{path}"))
            .blocked(Side::Web),
        web("r-address", "a redirect to an address", serves("http://203.0.113.11{path}")).site(
            HOST2,
            HOST2,
            Doing::Serve,
        ),
    ]
}
