//! Authoritative servers: nsd, knot and bind9, each with zones that can be edited at a known instant.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use propwatch::model::Timestamp;

use super::ask::ask;
use super::daemon::{Daemon, address, folder, shell};
use super::zone::Zone;
use super::{now, pause};

/// Which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// NSD, reloaded by SIGHUP.
    Nsd,
    /// Knot DNS, reloaded over its control socket.
    Knot,
    /// BIND 9, reloaded by SIGHUP.
    Bind,
}

/// One authoritative server.
pub(crate) struct Authority {
    kind: Kind,
    folder: PathBuf,
    daemon: Daemon,
    /// Where it answers.
    pub(crate) at: SocketAddr,
}

impl Authority {
    /// Starts a server on `addresses` (IPv4 or IPv6), port 53, and waits until it serves every zone.
    pub(crate) fn start(
        base: &Path,
        name: &str,
        kind: Kind,
        addresses: &[&str],
        zones: &[Zone],
    ) -> Authority {
        let folder = folder(base, name);
        let ips: Vec<IpAddr> = addresses.iter().map(|text| address(text)).collect();
        zones.iter().for_each(|zone| std::fs::write(folder.join(zone.file()), zone.text()).unwrap());
        let config = folder.join("server.conf");
        let origins: Vec<(String, String)> =
            zones.iter().map(|zone| (zone.origin.clone(), zone.file())).collect();
        let (program, text) = match kind {
            Kind::Nsd => ("nsd", nsd(&folder, &ips, &origins)),
            Kind::Knot => ("knotd", knot(&folder, &ips, &origins)),
            Kind::Bind => ("named", bind(&folder, &ips, &origins)),
        };
        std::fs::write(&config, text).unwrap();
        let config = config.to_string_lossy().into_owned();
        let args: &[&str] = match kind {
            Kind::Nsd => &["-d", "-c", &config],
            Kind::Knot => &["-c", &config],
            Kind::Bind => &["-g", "-n", "1", "-c", &config],
        };
        let daemon = Daemon::start(&folder, name, program, args);
        let mut server = Authority { kind, folder, daemon, at: SocketAddr::new(ips[0], 53) };
        for zone in zones {
            server
                .daemon
                .ready(server.at, &zone.origin, "SOA", |r| r.authoritative && r.serial == Some(zone.serial));
        }
        if zones.is_empty() {
            server.daemon.ready(server.at, "nothing.lab.", "SOA", |_| true);
        }
        server
    }

    /// Publishes another version of a zone, and tells from when on it was served.
    pub(crate) fn publish(&self, zone: &Zone) -> Timestamp {
        std::fs::write(self.folder.join(zone.file()), zone.text()).unwrap();
        self.reload(&zone.origin, zone.serial)
    }

    /// Reads the zone files again and waits for `serial`.
    pub(crate) fn reload(&self, origin: &str, serial: u32) -> Timestamp {
        match self.kind {
            Kind::Nsd | Kind::Bind => self.daemon.signal("HUP"),
            Kind::Knot => {
                let socket = self.folder.join("knot.sock");
                shell(&format!("knotc -s {} -b zone-reload {origin}", socket.display()));
            }
        }
        let end = now() + Duration::from_secs(5);
        while now() < end {
            if let Ok(reply) = ask(self.at, origin, "SOA", Duration::from_millis(300))
                && reply.serial == Some(serial)
            {
                return now();
            }
            pause(Duration::from_millis(5));
        }
        panic!("{:?} at {} does not serve serial {serial} of {origin}", self.kind, self.at);
    }
}

fn nsd(folder: &Path, ips: &[IpAddr], zones: &[(String, String)]) -> String {
    let dir = folder.display();
    let mut text = format!(
        "server:\n  server-count: 1\n  username: \"\"\n  chroot: \"\"\n  zonesdir: \"{dir}\"\n  database: \"\"\n  \
         pidfile: \"{dir}/nsd.pid\"\n  xfrdfile: \"{dir}/xfrd\"\n  xfrdir: \"{dir}\"\n  zonelistfile: \"{dir}/list\"\n  \
         rrl-ratelimit: 0\n"
    );
    ips.iter().for_each(|ip| text += &format!("  ip-address: {ip}\n"));
    text += "remote-control:\n  control-enable: no\n";
    for (origin, file) in zones {
        text += &format!("zone:\n  name: \"{origin}\"\n  zonefile: \"{file}\"\n");
    }
    text
}

fn knot(folder: &Path, ips: &[IpAddr], zones: &[(String, String)]) -> String {
    let dir = folder.display();
    let listen: Vec<_> = ips.iter().map(|ip| format!("\"{ip}@53\"")).collect();
    let mut text = format!(
        "server:\n  rundir: \"{dir}\"\n  listen: [ {} ]\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n\
         control:\n  listen: \"{dir}/knot.sock\"\nlog:\n  - target: stderr\n    any: info\n\
         database:\n  storage: \"{dir}\"\n\
         template:\n  - id: default\n    storage: \"{dir}\"\n    zonefile-load: whole\n    zonefile-sync: -1\n    \
         journal-content: none\nzone:\n",
        listen.join(", ")
    );
    for (origin, file) in zones {
        text += &format!("  - domain: \"{origin}\"\n    file: \"{file}\"\n");
    }
    text
}

fn bind(folder: &Path, ips: &[IpAddr], zones: &[(String, String)]) -> String {
    let list = |four: bool| {
        let ips: Vec<_> = ips.iter().filter(|ip| ip.is_ipv4() == four).map(|ip| format!("{ip};")).collect();
        if ips.is_empty() { "none;".to_owned() } else { ips.join(" ") }
    };
    let mut text = format!(
        "options {{ directory \"{}\"; listen-on {{ {} }}; listen-on-v6 {{ {} }}; recursion no; notify no;\n  \
         pid-file none; session-keyfile none; dnssec-validation no; empty-zones-enable no; }};\ncontrols {{ }};\n",
        folder.display(),
        list(true),
        list(false)
    );
    for (origin, file) in zones {
        text += &format!("zone \"{origin}\" {{ type primary; file \"{file}\"; }};\n");
    }
    text
}
