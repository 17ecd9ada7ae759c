//! `explain`, and the look that it takes: the text may name what is no longer, or never was, the matter.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::lab::recursive::Resolver;
use crate::lab::runner::Story;
use crate::lab::tap::Tap;
use crate::lab::world::{NEW, OLD, ROOT, World, addresses, shop, taps};

pub(super) const STORIES: &[Story] =
    &[Story { name: "explained_and_looked_at", needs: super::WORLD, play: explained_and_looked_at }];

const ELSEWHERE: &str = "Updating challenge for www.shop.lab: acme: error code 403 \
    \"urn:ietf:params:acme:error:unauthorized\": Invalid response from \
    http://www.shop.lab/.well-known/acme-challenge/ABCDEGHIJK1234567890 [198.51.100.7]: 404";
const NO_SUCH_NAME: &str = "Updating challenge for mail.shop.lab: acme: error code 400 \
    \"urn:ietf:params:acme:error:connection\": dns :: DNS problem: NXDOMAIN looking up A for mail.shop.lab";

/// The classes of the text, the codes of the reasons found live, and the exit status.
fn explain(text: &str, more: &[&str], taps: &[Tap]) -> (Vec<String>, Vec<String>, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_propwatch"));
    command.args(["explain", "--json", "--text", text, "--root", ROOT, "--journal", "off"]);
    command.args(["--allow-reserved", "--no-web", "--no-origin", "--query-timeout", "1s"]).args(more);
    addresses(taps).iter().for_each(|address| drop(command.args(["--resolver", address]).get_args()));
    let output = command.stdin(Stdio::null()).output().unwrap();
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
    let asked: usize = taps.iter().map(Tap::count).sum();
    assert_eq!(asked, 0, "a resolver was asked while the name servers have the old address");
    let (classes, _, exit) = explain(NO_SUCH_NAME, &[], &taps);
    assert_eq!((classes, exit), (vec!["dns.nxdomain".to_owned()], 3));
    world.publish(&world.zone.edited("www", &format!("www A {NEW}")));
    let (_, codes, exit) = explain(ELSEWHERE, &expected, &taps);
    assert_eq!(exit, 0, "what the text tells of is over: {codes:?}");
    let (_, codes, exit) = explain(ELSEWHERE, &[], &taps);
    assert_eq!((exit, codes.first().map(String::as_str)), (4, Some("expectation-unknown")), "{codes:?}");
}
