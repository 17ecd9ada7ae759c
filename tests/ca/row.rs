//! One situation: what is in DNS, what the web server does, what the CA makes of it.

use super::odd;
use super::sign::Seal;
use super::web::Doing;

/// The hosting: serves whatever a row lets it.
pub(crate) const HOST: &str = "203.0.113.10";
/// Another address of the hosting.
pub(crate) const HOST2: &str = "203.0.113.11";
/// The hosting over IPv6.
pub(crate) const HOST6: &str = "2001:db8::10";
/// The host that the user leaves: has no file of ours.
pub(crate) const LEFT: &str = "203.0.113.66";
/// The same over IPv6.
pub(crate) const LEFT6: &str = "2001:db8::66";
/// Here nothing listens.
pub(crate) const CLOSED: &str = "203.0.113.90";
/// Nor here.
pub(crate) const CLOSED6: &str = "2001:db8::90";
/// What goes here is never heard of again.
pub(crate) const HOLE: &str = "198.18.7.7";
/// The same over IPv6.
pub(crate) const HOLE6: &str = "2001:db8:dead::7";
/// An address that is not reserved for anything, put on loopback.
pub(crate) const PUBLIC: &str = "45.45.45.45";
/// A private one.
pub(crate) const PRIVATE: &str = "10.0.0.10";
/// Where the web server listens.
pub(crate) const WEB: &[&str] = &[HOST, HOST2, HOST6, LEFT, LEFT6, PUBLIC, PRIVATE];

/// Which part of the way to a certificate refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// A validating resolver gets no address, or an error for CAA.
    Dns,
    /// Any client sees it at the web server.
    Web,
    /// Resolver and web client have all that they need; the CA's own rules refuse.
    Rule,
}

/// What the CA makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    /// A certificate, each time.
    Passes,
    /// A certificate, but there is reason for caution: not safe is right as well, and so is a warning.
    Doubtful,
    /// Sometimes a certificate: it depends on which server or address is picked.
    Luck,
    /// None.
    Fails(Side),
}

/// What propwatch must say where no certificate is to be had each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// What follows from the truth: safe, or anything else than safe.
    Fitting,
    /// Waiting helps.
    NotYet,
    /// Waiting does not help.
    Blocked,
    /// It refuses the command line.
    Usage,
}

/// A zone of the row's own: the name servers that the parent names, each with the version that it serves.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    /// Address and version; an address that serves nothing needs none.
    pub(crate) servers: Vec<(&'static str, usize)>,
    /// The lines of each version, the newest first.
    pub(crate) versions: Vec<Vec<String>>,
    /// Whether all versions have the same serial.
    pub(crate) same_serial: bool,
    /// How it is signed.
    pub(crate) seal: Seal,
    /// What the zone itself gives as the address of its first name server, if not what the parent does.
    pub(crate) own_address: Option<&'static str>,
}

/// A situation.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The label of its name.
    pub(crate) id: &'static str,
    /// In words.
    pub(crate) what: &'static str,
    /// The zone that its name is in or below, with its dot.
    pub(crate) below: &'static str,
    /// The name that is asked about, where `@` is the row's own name.
    pub(crate) host: &'static str,
    /// Lines of the zone `below`, where `@` is the row's own name.
    pub(crate) records: Vec<String>,
    /// Its own zone, if it has one.
    pub(crate) own: Option<Own>,
    /// Address, port, host (with `@`) and what happens there.
    pub(crate) sites: Vec<(&'static str, u16, &'static str, Doing)>,
    /// The expected values.
    pub(crate) expect: Vec<&'static str>,
    /// More arguments.
    pub(crate) options: Vec<&'static str>,
    /// Whether reserved addresses are accepted.
    pub(crate) reserved: bool,
    /// Whether the test file is looked for.
    pub(crate) test_file: bool,
    /// What the CA makes of it.
    pub(crate) truth: Truth,
    /// What must be said.
    pub(crate) says: Says,
}

/// A healthy name below `example.com.`: expected at the hosting, which serves the file.
pub(crate) fn row(id: &'static str, what: &'static str) -> Row {
    Row {
        id,
        what,
        below: "example.com.",
        host: "@",
        records: Vec::new(),
        own: None,
        sites: vec![(HOST, 80, "@", Doing::Serve)],
        expect: vec![HOST],
        options: Vec::new(),
        reserved: true,
        test_file: true,
        truth: Truth::Passes,
        says: Says::Fitting,
    }
}

/// A row with the usual address record, at which something happens.
pub(crate) fn web(id: &'static str, what: &'static str, doing: Doing) -> Row {
    let mut row = row(id, what).dns(&["@ A 203.0.113.10"]);
    row.sites[0].3 = doing;
    row
}

impl Row {
    /// With these lines in the zone.
    pub(crate) fn dns(mut self, lines: &[&str]) -> Row {
        self.records.extend(lines.iter().map(|&line| line.to_owned()));
        self
    }

    /// Below another zone.
    pub(crate) fn below(mut self, zone: &'static str) -> Row {
        self.below = zone;
        self
    }

    /// In a zone of its own.
    pub(crate) fn own(mut self, servers: &[(&'static str, usize)], versions: &[&[&str]]) -> Row {
        let line = |&line: &&str| line.to_owned();
        self.own = Some(Own {
            servers: servers.to_vec(),
            versions: versions.iter().map(|lines| lines.iter().map(line).collect()).collect(),
            same_serial: false,
            seal: Seal::None,
            own_address: None,
        });
        self
    }

    /// In a zone of its own with the usual address at two servers, signed in this way, below a signed zone.
    pub(crate) fn sealed(self, seal: Seal) -> Row {
        let servers = [(odd::GOOD[0], 0), (odd::GOOD[1], 0)];
        let mut row = self.own(&servers, &[&["@ A 203.0.113.10"]]).below("example.net.");
        row.own.as_mut().unwrap().seal = seal;
        row
    }

    /// In a zone of its own with the usual address, all of whose servers are these.
    pub(crate) fn served_by(self, servers: &[&'static str]) -> Row {
        let servers: Vec<_> = servers.iter().map(|&server| (server, 0)).collect();
        self.own(&servers, &[&["@ A 203.0.113.10"]])
    }

    /// Both versions have one serial.
    pub(crate) fn same_serial(mut self) -> Row {
        self.own.as_mut().unwrap().same_serial = true;
        self
    }

    /// The zone gives another address for its first name server than its parent does.
    pub(crate) fn own_address(mut self, address: &'static str) -> Row {
        self.own.as_mut().unwrap().own_address = Some(address);
        self
    }

    /// With one more site on port 80.
    pub(crate) fn site(self, ip: &'static str, host: &'static str, doing: Doing) -> Row {
        self.port(ip, 80, host, doing)
    }

    /// With one more site.
    pub(crate) fn port(mut self, ip: &'static str, port: u16, host: &'static str, doing: Doing) -> Row {
        self.sites.push((ip, port, host, doing));
        self
    }

    /// Asks about another name than the row's own.
    pub(crate) fn host(mut self, host: &'static str) -> Row {
        self.host = host;
        let serve = self.sites[0].3.clone();
        self.sites.push((HOST, 80, host, serve));
        self
    }

    /// Expects these.
    pub(crate) fn expect(mut self, values: &[&'static str]) -> Row {
        self.expect = values.to_vec();
        self
    }

    /// With more arguments.
    pub(crate) fn option(mut self, options: &[&'static str]) -> Row {
        self.options.extend(options);
        self
    }

    /// As a public CA: reserved addresses are refused.
    pub(crate) fn public(mut self) -> Row {
        self.reserved = false;
        self
    }

    /// Without the test file.
    pub(crate) fn unproven(mut self) -> Row {
        self.test_file = false;
        self
    }

    /// The CA refuses.
    pub(crate) fn fails(mut self, side: Side) -> Row {
        self.truth = Truth::Fails(side);
        self
    }

    /// The CA refuses, and waiting does not help.
    pub(crate) fn blocked(mut self, side: Side) -> Row {
        self.says = Says::Blocked;
        self.fails(side)
    }

    /// It passes only by luck.
    pub(crate) fn luck(mut self) -> Row {
        self.truth = Truth::Luck;
        self
    }

    /// It passes, with reason for caution.
    pub(crate) fn doubtful(mut self) -> Row {
        self.truth = Truth::Doubtful;
        self
    }

    /// What must be said, where it follows from more than the truth.
    pub(crate) fn says(mut self, says: Says) -> Row {
        self.says = says;
        self
    }

    /// The row's own name, without the last dot.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.id, self.below.trim_end_matches('.'))
    }

    /// The name that is asked about.
    pub(crate) fn asked(&self) -> String {
        self.put(self.host)
    }

    /// A text with the row's own name in place of `@`.
    pub(crate) fn put(&self, text: &str) -> String {
        text.replace('@', &self.name())
    }
}
