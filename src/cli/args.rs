//! The command line as clap reads it. What it means is worked out in `request`.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args as Group, Parser, Subcommand, ValueEnum};

use super::{Exit, teach};

/// May I press Issue now? Tells whether a DNS change has arrived, what must happen first, and when.
///
/// propwatch asks the zone's own name servers, and once they are right many public resolvers. It knows from
/// their TTLs when each cache turns over, and never says safe when it is not.
#[derive(Debug, Parser)]
#[command(name = "propwatch", version, after_help = teach::TOP, max_term_width = 100)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// One look; ends with a verdict
    #[command(after_help = teach::CHECK)]
    Check(Looking),
    /// Watch until it is safe, or until --timeout
    #[command(after_help = teach::WAIT)]
    Wait(Looking),
    /// Say what an error message about a certificate means, and what to do
    #[command(after_help = teach::EXPLAIN)]
    Explain(ExplainArgs),
    /// Show the public resolvers, or try each one
    #[command(after_help = teach::RESOLVERS)]
    Resolvers(ResolversArgs),
    /// Tell the story of a watch from its journal: who turned over when, and what was waited for
    #[command(after_help = teach::REPORT)]
    Report(ReportArgs),
    /// Play a story on a simulated internet: no network needed
    #[command(after_help = teach::DEMO)]
    Demo(DemoArgs),
    /// Print the test file for the web server, and how to place it
    #[command(after_help = teach::SELF_TEST)]
    SelfTest(SelfTestArgs),
    /// Print a completion script for a shell
    #[command(after_help = teach::COMPLETIONS)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(after_help = teach::MAN)]
    Man,
}

/// What to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Until {
    /// The CA can see it
    Issuable,
    /// The CA can see it and the public resolvers agree
    Safe,
    /// Every cache has turned over
    Everyone,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Which authority's rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ca {
    /// Let's Encrypt
    Letsencrypt,
    /// Pebble, its small test server
    Pebble,
}

#[derive(Debug, Group)]
pub(crate) struct Looking {
    /// A name to look at, or NAME=VALUE with the value that it should have; `-` reads them from standard input
    #[arg(value_name = "NAME[=VALUE]", value_hint = clap::ValueHint::Hostname)]
    pub(crate) names: Vec<String>,
    /// What every NAME without =VALUE should have: an IPv4 address (A), an IPv6 address (AAAA) or a host name
    /// (CNAME); repeat it for a set
    #[arg(short, long, value_name = "VALUE", value_hint = clap::ValueHint::Hostname)]
    pub(crate) expect: Vec<String>,
    /// Names and values from a file: YAML, a zone file, the table copied from a Zone Editor, or one NAME=VALUE a
    /// line; `-` for standard input; repeat it for several
    #[arg(long, value_name = "FILE")]
    pub(crate) records: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) list: ListArgs,
    /// Begin the walk down the delegations at this root server; repeat it for several
    #[arg(long, value_name = "ADDR[:PORT]")]
    pub(crate) root: Vec<String>,
    /// Ask this as the zone's own server, and do not look at the delegation; repeat it for several
    #[arg(long, value_name = "ADDR[:PORT]", conflicts_with = "root")]
    pub(crate) authority: Vec<String>,
    /// Per cent of the resolvers that answer who must confirm; of fewer than 20 all must
    #[arg(long, value_name = "PERCENT", default_value_t = 95, allow_negative_numbers = true)]
    pub(crate) quorum: u8,
    /// How long everything must stay right before it is called safe; a check takes its samples at once
    /// [default: 10s]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub(crate) settle: Option<String>,
    /// What to wait for: the CA can see it, it is safe, or every cache has turned over
    #[arg(long, value_name = "MILESTONE", default_value = "safe")]
    pub(crate) until: Until,
    /// Give up after this long [default: 48h for wait]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub(crate) timeout: Option<String>,
    /// End a wait as soon as the verdict is blocked, instead of watching for the repair
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Ask resolvers although the zone's own servers are not right; this can plant the old answer
    #[arg(long)]
    pub(crate) look_anyway: bool,
    /// Accept private and reserved addresses, which no public CA connects to: for labs and private CAs
    #[arg(long)]
    pub(crate) allow_reserved: bool,
    /// Do not look at the web server; the verdict then says that the web is not proven
    #[arg(long)]
    pub(crate) no_web: bool,
    /// Do not ask the public origin zones (origin.asn.cymru.com) whose network an address is in
    #[arg(long)]
    pub(crate) no_origin: bool,
    /// Where a wait keeps what it finds, so that the same command goes on after a restart; `off` for nowhere
    /// [default: a file of its own below $XDG_STATE_HOME/propwatch or ~/.local/state/propwatch]
    #[arg(long, value_name = "FILE|off")]
    pub(crate) journal: Option<String>,
    /// Begin anew, and set an earlier journal of the same watch aside
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Once it is safe (or the milestone of --until is reached), run this command by `sh -c`; its exit status is
    /// passed on
    #[arg(long, value_name = "COMMAND")]
    pub(crate) then: Option<String>,
    /// Run this command by `sh -c` whenever the verdict changes, beside the watch
    #[arg(long, value_name = "COMMAND")]
    pub(crate) on_change: Option<String>,
    /// At the end send the verdict's JSON to this https:// URL in one POST, tried again for a minute
    #[arg(long, value_name = "URL")]
    pub(crate) notify: Option<String>,
    /// The port of the web server [default: 80]
    #[arg(long, value_name = "N")]
    pub(crate) http_port: Option<u16>,
    /// Look for this test file on the web server; without a value for the one that `propwatch self-test` prints
    #[arg(long, value_name = "TOKEN:CONTENT", num_args = 0..=1, require_equals = true)]
    pub(crate) self_test: Option<Option<String>>,
    /// The certificate authority whose rules hold
    #[arg(long, value_name = "CA")]
    pub(crate) ca: Option<Ca>,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
}

#[derive(Debug, Group)]
pub(crate) struct ListArgs {
    /// Ask the resolvers of this file instead of the built-in ones
    #[arg(long, value_name = "FILE")]
    pub(crate) resolvers: Option<PathBuf>,
    /// Ask this resolver instead: 1.1.1.1, 127.0.0.1:5353, tls://9.9.9.9#dns.quad9.net,
    /// https://dns.google/dns-query; repeat it for several
    #[arg(long, value_name = "ADDR", conflicts_with = "resolvers")]
    pub(crate) resolver: Vec<String>,
    /// How long one question may take, its quick retries included
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "1800ms",
        allow_hyphen_values = true,
        overrides_with = "query_timeout"
    )]
    pub(crate) query_timeout: String,
}

#[derive(Debug, Group)]
pub(crate) struct ShowArgs {
    /// JSON for scripts: one object, or one event a line while waiting
    #[arg(long)]
    pub(crate) json: bool,
    /// No results, only the exit status
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) quiet: bool,
    /// Every resolver and server by name at the end, and every record however many they are
    #[arg(long)]
    pub(crate) full: bool,
    /// Colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// Plain lines instead of a live view
    #[arg(long)]
    pub(crate) no_progress: bool,
}

#[derive(Debug, Group)]
pub(crate) struct ResolversArgs {
    /// What to do with them
    #[arg(value_name = "COMMAND", default_value = "list")]
    pub(crate) doing: Doing,
    #[command(flatten)]
    pub(crate) list: ListArgs,
    /// JSON for scripts: one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Doing {
    /// Show who is asked
    List,
    /// Ask each: who answers, how fast, who lies about a name that does not exist or hides one that does
    Test,
}

#[derive(Debug, Group)]
pub(crate) struct DemoArgs {
    /// The story; --list shows them
    #[arg(value_name = "SCENARIO", default_value = "zone-editor")]
    pub(crate) scenario: String,
    /// Show the stories
    #[arg(long)]
    pub(crate) list: bool,
    /// Play the random world of this number instead; the same number tells the same story. From 1000000 on name servers
    /// fall back to the old zone in most
    #[arg(long, value_name = "N", conflicts_with_all = ["scenario", "list"])]
    pub(crate) seed: Option<u64>,
    /// Play without pauses
    #[arg(long)]
    pub(crate) fast: bool,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
}

#[derive(Debug, Group)]
pub(crate) struct SelfTestArgs {
    /// JSON for scripts: one object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Group)]
pub(crate) struct ExplainArgs {
    /// The file with the message, or `-` for standard input; without it the message is pasted
    #[arg(value_name = "FILE|-")]
    pub(crate) file: Option<PathBuf>,
    /// The message itself
    #[arg(long, value_name = "TEXT", conflicts_with = "file", allow_hyphen_values = true)]
    pub(crate) text: Option<String>,
    /// What the names should have: the hosting's IPv4 address, IPv6 address, or host name; repeat it for a set
    #[arg(short, long, value_name = "VALUE")]
    pub(crate) expect: Vec<String>,
    /// Only read the message; ask nobody anything
    #[arg(long)]
    pub(crate) offline: bool,
    #[command(flatten)]
    pub(crate) list: ListArgs,
    /// Begin the walk down the delegations at this root server; repeat it for several
    #[arg(long, value_name = "ADDR[:PORT]")]
    pub(crate) root: Vec<String>,
    /// Ask this as the zone's own server, and do not look at the delegation; repeat it for several
    #[arg(long, value_name = "ADDR[:PORT]", conflicts_with = "root")]
    pub(crate) authority: Vec<String>,
    /// Accept private and reserved addresses, which no public CA connects to: for labs and private CAs
    #[arg(long)]
    pub(crate) allow_reserved: bool,
    /// Do not look at the web server
    #[arg(long)]
    pub(crate) no_web: bool,
    /// Do not ask the public origin zones (origin.asn.cymru.com) whose network an address is in
    #[arg(long)]
    pub(crate) no_origin: bool,
    /// The port of the web server [default: 80]
    #[arg(long, value_name = "N")]
    pub(crate) http_port: Option<u16>,
    /// Look for this test file on the web server; without a value for the one that `propwatch self-test` prints
    #[arg(long, value_name = "TOKEN:CONTENT", num_args = 0..=1, require_equals = true)]
    pub(crate) self_test: Option<Option<String>>,
    /// The certificate authority whose rules hold
    #[arg(long, value_name = "CA")]
    pub(crate) ca: Option<Ca>,
    /// Read Let's Encrypt's own record of the order, at the address that the message gives: which address it saw for
    /// each name, when, and which names it has not tried yet
    #[arg(long, conflicts_with = "offline")]
    pub(crate) fetch_order: bool,
    /// JSON for scripts: one failure a line
    #[arg(long)]
    pub(crate) json: bool,
    /// Colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// Where failed tries are remembered, or `off` [default: attempts.jsonl in the user's state directory]
    #[arg(long, value_name = "FILE|off")]
    pub(crate) journal: Option<String>,
}

#[derive(Debug, Group)]
pub(crate) struct ReportArgs {
    /// The journal
    #[arg(value_name = "JOURNAL")]
    pub(crate) journal: PathBuf,
    /// Write the report to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// JSON for scripts: one object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads the command line; prints help and usage errors itself.
pub(crate) fn parse() -> Result<Args, Exit> {
    Args::try_parse().map_err(|error| {
        let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
        // A reader that has gone has no use for the help either.
        let _ = error.print();
        if asked_for { Exit::Safe } else { Exit::Usage }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_whole_contract_is_accepted() {
        let shared = "a.example=192.0.2.7 b.example --expect 2001:db8::7 --expect 192.0.2.8 --root 127.0.0.1:5300 \
            --resolver 1.1.1.1 --resolver tls://9.9.9.9#dns.quad9.net --quorum 90 --settle 2s --until everyone \
            --timeout 48h --query-timeout 500ms --look-anyway --json --color never --no-progress --journal off --fresh \
            --then true --on-change true --notify https://hooks.example.com/x --fail-fast --no-web --no-origin --http-port 80 --self-test=a:b --ca pebble --allow-reserved \
            --records r.yaml --records -";
        for command in ["check", "wait"] {
            let line = format!("propwatch {command} {shared}");
            let args = Args::try_parse_from(line.split_whitespace()).unwrap();
            let (Command::Check(looking) | Command::Wait(looking)) = args.command else {
                panic!("{command}")
            };
            assert_eq!((looking.names.len(), looking.expect.len(), looking.list.resolver.len()), (2, 2, 2));
        }
        for line in [
            "propwatch wait a --expect 192.0.2.7 --resolvers f.yaml --self-test --authority 127.0.0.1 --quiet",
            "propwatch explain - --expect 192.0.2.7",
            "propwatch explain --text boulder --offline --json --color never --journal off",
            "propwatch explain error.txt --fetch-order",
            "propwatch resolvers",
            "propwatch resolvers test --resolver 127.0.0.1 --json",
            "propwatch report j.jsonl -o report.html",
            "propwatch demo --list",
            "propwatch demo zone-editor --json",
            "propwatch self-test",
            "propwatch self-test --json",
            "propwatch man",
            "propwatch completions zsh",
        ] {
            assert!(Args::try_parse_from(line.split_whitespace()).is_ok(), "{line}");
        }
    }
}
