//! What stands at the foot of the help texts: examples, and the exit statuses.

/// The exit statuses, the same in every text.
macro_rules! with_exits {
    ($text:literal) => {
        concat!(
            $text,
            "

Exit status:
  0    safe: press Issue (with --until, that milestone was reached); with --then the status of its command
  1    not yet: waiting helps; also a wait at its deadline
  2    a mistake in the command line or in a file; nothing was asked
  3    blocked: something must be changed first
  4    inconclusive: too little could be seen from here
  130  interrupted
  141  whoever read the results has gone before they were told"
        )
    };
}

/// `propwatch --help`.
pub(crate) const TOP: &str = with_exits!(
    "\
Examples:
  propwatch check mail.example.com --expect 203.0.113.7
      One look: may I press Issue now, and if not, what must happen first?
  propwatch wait example.com www.example.com --expect 203.0.113.7 && certbot renew
      Wait until it is safe for both names, then go on.
  propwatch check example.com=203.0.113.7 www.example.com=example.com
      A value for each name; a host name means a CNAME.
  propwatch demo
      The whole story on a simulated internet, without a network."
);

/// `propwatch check --help`.
pub(crate) const CHECK: &str = with_exits!(
    "\
The name servers of the zone are asked first. Only when all of them have what is expected are public
resolvers asked too: a question that comes too early plants the old answer in their caches.

Examples:
  propwatch check mail.example.com --expect 203.0.113.7
  propwatch check example.com=203.0.113.7 example.com=2001:db8::7 www.example.com=example.com
  propwatch check --records example.com.db
      All A, AAAA and CNAME records of a zone file; YAML, a copied Zone Editor table or a list do as well.
  propwatch check example.com --expect 203.0.113.7 --quiet && echo safe
  propwatch check example.com --expect 203.0.113.7 --json | jq -r .verdict
      One object; with pipefail the exit status is still the verdict's.
  propwatch check example.com --expect 203.0.113.7 --self-test
      With the test file that `propwatch self-test` prints, fetched as the CA would.
  propwatch check lab.test --expect 10.0.0.7 --allow-reserved --root 127.0.0.1:5300 --resolver 127.0.0.1:5301
      A lab with root servers and a resolver of its own."
);

/// `propwatch wait --help`.
pub(crate) const WAIT: &str = with_exits!(
    "\
Name servers that are not right yet are asked every second at first, then less and less often. Resolvers are
asked only when an answer can have changed; the line at the bottom says when that is. Ctrl-C tells where
things stand. What is found is kept in a journal: after Ctrl-C, a crash or a reboot the same command goes on
where it was; --fresh begins anew.

A file of records (--records FILE, or `-` for standard input) is one of these, recognised by its text:
  records:                                  YAML; expect (or value) is one value or a list
    - name: www.example.com
      expect: 203.0.113.7
  www 3600 IN A 203.0.113.7                 a zone file (RFC 1035), with its $ORIGIN
  Name  TTL  Type  Record                   the table of a Zone Editor, copied in a browser, with its tabs
  www.example.com=203.0.113.7               one NAME or NAME=VALUE a line; # begins a comment
Other types than A, AAAA and CNAME, and wildcards in zones and tables, are passed over and counted.

Examples:
  propwatch wait mail.example.com --expect 203.0.113.7
  propwatch wait example.com=203.0.113.7 www.example.com=example.com && certbot renew
  propwatch wait example.com --expect 203.0.113.7 --until issuable
      As soon as Let's Encrypt can see it, whatever public caches hold.
  propwatch wait --records names.yaml
  cut -d, -f1 customers.csv | propwatch wait - --expect 203.0.113.7
      Many names: from a file in any of four forms, or from standard input.
  propwatch wait example.com --expect 203.0.113.7 --timeout 2h --fail-fast --quiet
  propwatch wait example.com --expect 203.0.113.7 --json | tee watch.jsonl
      One event a line; the last is the verdict.
  propwatch wait example.com --expect 203.0.113.7 --then 'certbot renew'
      Run once it is safe, its exit status passed on. What is known is in its environment (PROPWATCH_VERDICT,
      PROPWATCH_PREVIOUS, PROPWATCH_EXIT, PROPWATCH_NAMES, PROPWATCH_READY, PROPWATCH_WAITING, PROPWATCH_SUMMARY,
      PROPWATCH_NEXT …), the verdict's JSON on its standard input. With --json its output goes to stderr.
  propwatch wait example.com --expect 203.0.113.7 --on-change 'logger \"$PROPWATCH_SUMMARY\"'
      Run at every change of the verdict, beside the watch: one at a time, 60 s each at most.
  propwatch wait example.com --expect 203.0.113.7 --notify https://hooks.example.com/T0/B0/x
      One POST of the verdict's JSON at the end; a failure is said, and changes no exit status."
);

/// `propwatch explain --help`.
pub(crate) const EXPLAIN: &str = "\
Takes what a panel, certbot, lego, acme.sh, win-acme, Caddy, cert-manager or AutoSSL printed, however its
lines were broken, and says what happened, whether waiting helps, and what to do. With --expect it knows
whether the CA went to the right server. Failed tries are remembered, so that they can be counted. Then every
name in it is looked at as `propwatch check` does, unless --offline: a message can name the wrong cause, and
the real one is told.
With --fetch-order Let's Encrypt is asked for its own record of the order first: which address it saw for each
name, and which names it has not tried yet.

Examples:
  propwatch explain
      Paste the message; an empty line ends it.
  propwatch explain error.txt --expect 203.0.113.7
  propwatch explain --expect 203.0.113.7 --text 'DNS problem: NXDOMAIN looking up A for mail.example.com'
  certbot renew 2>&1 | propwatch explain - --offline
  propwatch explain letsencrypt.log --offline --json | jq -r .class
  propwatch explain error.txt --expect 203.0.113.7 --fetch-order

Exit status: that of the look at the names (see propwatch check --help); with --offline, or without a name:
  0    the message is recognised, every failure in it
  1    something in it is not recognised
  2    a mistake in the command line, or no message
  141  whoever read the results has gone before they were told";

/// `propwatch resolvers --help`.
pub(crate) const RESOLVERS: &str = "\
A test asks eight questions: about the root, a name that nobody has, a name whose DNSSEC signatures are bad on
purpose, and five names that filters leave out, most of them kept for such tests. Nobody's site is visited.
Who hides a name is known by what the others say, so one resolver alone shows less.

Examples:
  propwatch resolvers
  propwatch resolvers test
  propwatch resolvers test --resolver 192.168.1.1 --resolver tls://9.9.9.9#dns.quad9.net";

/// `propwatch report --help`.
pub(crate) const REPORT: &str = "\
A watch that is still running can be told of as well.

Examples:
  propwatch report ~/.local/state/propwatch/mail.example.com-1a2b3c4d5e6f7788.jsonl
  propwatch report watch.jsonl --json | jq .turnovers
  propwatch report watch.jsonl -o report.txt";

/// `propwatch demo --help`.
pub(crate) const DEMO: &str = "\
The exit status is that of the story's verdict.

Examples:
  propwatch demo
  propwatch demo --list
  propwatch demo moved-host
  propwatch demo forgotten-aaaa --fast --json";

/// `propwatch self-test --help`.
pub(crate) const SELF_TEST: &str = "\
The file is always the same one, so it can lie there while you change DNS.

Examples:
  propwatch self-test
  propwatch self-test --json | jq -r .content";

/// `propwatch completions --help`.
pub(crate) const COMPLETIONS: &str = "\
Examples:
  propwatch completions bash > ~/.local/share/bash-completion/completions/propwatch
  propwatch completions zsh > ~/.zfunc/_propwatch
  propwatch completions fish > ~/.config/fish/completions/propwatch.fish";

/// `propwatch man --help`.
pub(crate) const MAN: &str = "\
Examples:
  propwatch man | man -l -
  propwatch man > ~/.local/share/man/man1/propwatch.1";
