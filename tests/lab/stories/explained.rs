//! `explain`, and the look that it takes: the text may name what is no longer, or never was, the matter.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::lab::daemon::{Daemon, address, folder};
use crate::lab::recursive::Resolver;
use crate::lab::runner::Story;
use crate::lab::secure::certificate;
use crate::lab::tap::Tap;
use crate::lab::world::{CA, CA_HOST, NEW, OLD, ROOT, World, addresses, shop, taps};
use crate::lab::{now, pause};

pub(super) const STORIES: &[Story] = &[
    Story { name: "explained_and_looked_at", needs: super::WORLD, play: explained_and_looked_at },
    Story { name: "the_cas_own_record", needs: WITH_OPENSSL, play: the_cas_own_record },
];
const WITH_OPENSSL: &[&str] = &["nsd", "knotd", "knotc", "named", "openssl"];

const ELSEWHERE: &str = "Updating challenge for www.shop.lab: acme: error code 403 \
    \"urn:ietf:params:acme:error:unauthorized\": Invalid response from \
    http://www.shop.lab/.well-known/acme-challenge/ABCDEGHIJK1234567890 [198.51.100.7]: 404";
const NO_SUCH_NAME: &str = "Updating challenge for mail.shop.lab: acme: error code 400 \
    \"urn:ietf:params:acme:error:connection\": dns :: DNS problem: NXDOMAIN looking up A for mail.shop.lab";

/// The line about the first failure.
fn first_line(text: &str, more: &[&str], taps: &[Tap]) -> Value {
    let said = run(text, more, taps);
    serde_json::from_slice(said.stdout.split(|byte| *byte == b'\n').next().unwrap()).unwrap()
}

fn run(text: &str, more: &[&str], taps: &[Tap]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_propwatch"));
    command.args(["explain", "--json", "--text", text, "--root", ROOT, "--journal", "off"]);
    command.args(["--allow-reserved", "--no-web", "--no-origin", "--query-timeout", "1s"]).args(more);
    addresses(taps).iter().for_each(|address| drop(command.args(["--resolver", address]).get_args()));
    command.stdin(Stdio::null()).output().unwrap()
}

/// The classes of the text, the codes of the reasons found live, and the exit status.
fn explain(text: &str, more: &[&str], taps: &[Tap]) -> (Vec<String>, Vec<String>, i32) {
    let output = run(text, more, taps);
    let said = String::from_utf8(output.stdout).unwrap();
    print!("{said}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
    let classes = lines.iter().filter_map(|line| text(line, "class")).collect();
    let reasons = lines.iter().filter_map(|line| line["records"].as_array()).flatten();
    let reasons = reasons.filter_map(|record| record["reasons"].as_array()).flatten();
    let codes = reasons.filter_map(|reason| text(reason, "code")).collect();
    (classes, codes, output.status.code().unwrap())
}

fn explained_and_looked_at(base: &Path) {
    let world = World::build(base, shop().ttl(3).with(&format!("www A {OLD}")));
    let resolvers = [
        Resolver::unbound(base, "unbound", "198.51.100.111", ""),
        Resolver::bind(base, "bind", "198.51.100.114", "", ""),
    ];
    let taps = taps(&resolvers);
    let expected = ["--expect", NEW];
    let (classes, codes, exit) = explain(ELSEWHERE, &expected, &taps);
    assert_eq!((classes, exit), (vec!["http.404".to_owned()], 1));
    assert!(codes.contains(&"authority-wrong".to_owned()), "{codes:?}");
    let line = first_line(ELSEWHERE, &expected, &taps);
    assert_eq!(
        (&line["now"][0]["code"], &line["now"][0]["cause"]),
        (&"authority-wrong".into(), &"other-server".into())
    );
    let found = |line: &Value, check: &str| {
        let checks = line["checks"].as_array().unwrap();
        checks.iter().find(|one| one["code"] == check).unwrap()["found"].clone()
    };
    assert_eq!((found(&line, "name-servers"), found(&line, "caa")), ("waits".into(), "fine".into()));
    let asked: usize = taps.iter().map(Tap::count).sum();
    assert_eq!(asked, 0, "a resolver was asked while the name servers have the old address");
    let (classes, _, exit) = explain(NO_SUCH_NAME, &[], &taps);
    assert_eq!((classes, exit), (vec!["dns.nxdomain".to_owned()], 3));
    world.publish(&world.zone.edited("www", &format!("www A {NEW}")));
    let (_, codes, exit) = explain(ELSEWHERE, &expected, &taps);
    assert_eq!(exit, 0, "what the text tells of is over: {codes:?}");
    let line = first_line(ELSEWHERE, &expected, &taps);
    assert_eq!((&line["now"][0]["code"], found(&line, "name-servers")), (&Value::Null, "fine".into()));
    // The web server that failed is the expected one, and is not looked at: whether it would again is not known.
    let here = ELSEWHERE.replace("198.51.100.7", NEW);
    let (_, codes, exit) = explain(&here, &expected, &taps);
    assert_eq!((exit, codes.first().map(String::as_str)), (4, Some("web-doubted")), "{codes:?}");
    let (_, codes, exit) = explain(ELSEWHERE, &[], &taps);
    assert_eq!((exit, codes.first().map(String::as_str)), (4, Some("expectation-unknown")), "{codes:?}");
}

/// A whole answer, as `openssl s_server -HTTP` sends a file, and the folder that it is in.
fn document(at: &Path, path: &str, json: &str) {
    let file = at.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        json.len()
    );
    std::fs::write(file, head + json).unwrap();
}

/// A dry run of three names: the first failed at the old address, one has passed, one was not tried.
fn order(at: &Path, validated: &str) {
    let authz = |n: u8| format!("https://{CA_HOST}/acme/authz/12345678/{n}");
    document(
        at,
        "acme/order/12345678/87654321",
        &format!(
            r#"{{"status":"invalid","expires":"2120-01-01T00:00:00Z","identifiers":[{{"type":"dns","value":"www.shop.lab"}},
            {{"type":"dns","value":"shop.lab"}},{{"type":"dns","value":"mail.shop.lab"}}],
            "authorizations":["{}","https://evil.example/acme/authz/1/9","{}","{}","{}"]}}"#,
            authz(1),
            authz(2),
            authz(3),
            authz(4),
        ),
    );
    let identifier = |name: &str| {
        format!(r#""identifier":{{"type":"dns","value":"{name}"}},"expires":"2120-01-01T00:00:00Z""#)
    };
    let failed = format!(
        r#"{{{},"status":"invalid","challenges":[{{"type":"http-01","status":"invalid","validated":"{validated}",
        "error":{{"type":"urn:ietf:params:acme:error:unauthorized","detail":"{OLD}: Invalid response\u001b[2J: 404","status":403}},
        "validationRecord":[{{"url":"http://www.shop.lab/x","hostname":"www.shop.lab","port":"80",
        "addressesResolved":["{OLD}"],"addressUsed":"{OLD}"}}]}}]}}"#,
        identifier("www.shop.lab")
    );
    document(at, "acme/authz/12345678/1", &failed);
    document(
        at,
        "acme/authz/12345678/2",
        &format!(r#"{{{},"status":"valid","challenges":[]}}"#, identifier("shop.lab")),
    );
    let pending = format!(r#"{{{},"status":"pending","challenges":[{{}}]}}"#, identifier("mail.shop.lab"));
    document(at, "acme/authz/12345678/3", &pending);
    document(at, "acme/authz/12345678/4", r#"{"status":7}"#);
}

/// The CA's API, which shows the files below its folder to anybody.
fn api(at: &Path) -> Daemon {
    address(CA);
    certificate(at, CA, CA_HOST);
    let place = format!("{CA}:443");
    let args = ["s_server", "-accept", &place, "-cert", "cert.pem", "-key", "key.pem", "-HTTP", "-quiet"];
    let daemon = Daemon::start(at, "api", "openssl", &args);
    let end = now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(&place).is_err() {
        assert!(now() < end, "the API did not get ready");
        pause(Duration::from_millis(30));
    }
    daemon
}

fn fetched(ca: &Path, more: &[&str]) -> Output {
    let text = format!("{ELSEWHERE} (order URL: https://{CA_HOST}/acme/order/12345678/87654321)");
    let mut command = Command::new(env!("CARGO_BIN_EXE_propwatch"));
    command.args([
        "explain",
        "--fetch-order",
        "--text",
        &text,
        "--root",
        ROOT,
        "--allow-reserved",
        "--no-web",
    ]);
    command.args(["--no-origin", "--query-timeout", "1s", "--resolver", "127.0.0.9"]).args(more);
    let output = command.env("SSL_CERT_FILE", ca.join("ca.pem")).stdin(Stdio::null()).output().unwrap();
    print!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    output
}

fn the_cas_own_record(base: &Path) {
    let zone = shop()
        .ttl(3)
        .with(&format!("www A {OLD}"))
        .with(&format!("@ A {NEW}"))
        .with(&format!("mail A {NEW}"));
    let world = World::build(base, zone);
    let ca = folder(base, "ca");
    // Some time ago, in whole seconds, as the CA writes it.
    let ago = now() - Duration::from_secs(1500);
    let validated = format!("{}Z", &ago.to_string()[..19]);
    order(&ca, &validated);
    let api = api(&ca);
    let tries = base.join("tries.jsonl").display().to_string();
    let output = fetched(&ca, &["--expect", NEW, "--json", "--journal", &tries]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(!said.contains('\x1b'), "{said}");
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let record = &lines[0]["order_record"];
    assert_eq!(
        (&record["failure"], &record["status"], &record["unread"]),
        (&Value::Null, &"invalid".into(), &1.into())
    );
    let all = record["authorizations"].as_array().unwrap();
    let evidence: Vec<_> = all.iter().map(|one| one["evidence"].as_str().unwrap()).collect();
    assert_eq!(evidence, ["saw-other", "passed", "untested"]);
    assert_eq!((&all[0]["now"][0], &all[0]["visits"][0]["used"]), (&OLD.into(), &OLD.into()));
    assert!(all[0]["text"].as_str().unwrap().contains(&format!("still give {OLD}")), "{}", all[0]["text"]);
    // The whole certificate is looked at, and not the name alone that the text speaks of.
    let looked: Vec<_> = lines[1]["records"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(looked, ["www.shop.lab", "mail.shop.lab", "shop.lab"]);
    let remembered = std::fs::read_to_string(&tries).unwrap();
    assert_eq!(remembered.lines().count(), 1, "{remembered}");
    assert!(remembered.contains(&validated[..19]), "{remembered}");
    world.publish(&world.zone.edited("www", &format!("www A {NEW}")));
    let output = fetched(&ca, &["--expect", NEW, "--journal", "off"]);
    let said = String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "The CA's own record of the order says invalid, for 3 names",
        &format!("the CA had {OLD}, not {NEW}, which you expect."),
        "that has been put right since",
        "mail.shop.lab: not tried yet",
        "shop.lab: passed",
        "1 more name could not be read",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // Whoever is not the CA is not believed; and nothing depends on the CA's answer.
    let stranger = folder(base, "stranger");
    certificate(&stranger, CA, CA_HOST);
    for (gone, trusted) in [(false, &stranger), (true, &ca)] {
        if gone {
            api.signal("KILL");
        }
        let output = fetched(trusted, &["--expect", NEW, "--json", "--journal", "off"]);
        let first = String::from_utf8(output.stdout).unwrap();
        let first: Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
        assert!(first["order_record"]["failure"].is_string(), "{first}");
        // The only resolver does not answer: that is what is left to say.
        assert_eq!(output.status.code(), Some(4));
    }
}
