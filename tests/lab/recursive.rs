//! Resolvers: unbound, knot-resolver, pdns-recursor and bind9 from the private root; dnsmasq and dnsdist as
//! forwarders.

use std::net::SocketAddr;
use std::path::Path;

use super::daemon::{Daemon, address, folder};
use super::world::{READY, ROOT};

/// One resolver.
pub(crate) struct Resolver {
    /// The program.
    pub(crate) name: String,
    /// Where it answers.
    pub(crate) at: SocketAddr,
    daemon: Daemon,
}

impl Resolver {
    fn start(base: &Path, name: &str, at: &str, program: &str, config: &str, args: &[&str]) -> Resolver {
        let folder = folder(base, name);
        let at = SocketAddr::new(address(at), 53);
        let file = folder.join("config");
        std::fs::write(&file, config.replace("{dir}", &folder.to_string_lossy())).unwrap();
        let hints = format!(". 3600000 NS a.root.lab.\na.root.lab. 3600000 A {ROOT}\n");
        std::fs::write(folder.join("hints"), hints).unwrap();
        let args: Vec<String> =
            args.iter().map(|arg| arg.replace("{dir}", &folder.to_string_lossy())).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let daemon = Daemon::start(&folder, name, program, &args);
        let mut resolver = Resolver { name: name.to_owned(), at, daemon };
        // A name of the TLD that no story is about: it leaves nothing behind that one could be misled by.
        resolver.daemon.ready(resolver.at, READY, "A", |reply| reply.addresses.len() == 1);
        resolver
    }

    /// Unbound; `more` are lines for its `server:` section.
    pub(crate) fn unbound(base: &Path, name: &str, at: &str, more: &str) -> Resolver {
        let config = format!(
            "server:\n  directory: \"{{dir}}\"\n  chroot: \"\"\n  username: \"\"\n  pidfile: \"\"\n  use-syslog: no\n  \
             do-daemonize: no\n  interface: {at}\n  access-control: 0.0.0.0/0 allow\n  do-not-query-localhost: no\n  \
             do-ip6: no\n  root-hints: \"{{dir}}/hints\"\n  num-threads: 1\n  {}\n{more}\n\
             remote-control:\n  control-enable: no\n",
            if more.contains("module-config") { "" } else { "module-config: \"iterator\"" }
        );
        Resolver::start(base, name, at, "unbound", &config, &["-d", "-c", "{dir}/config"])
    }

    /// Knot Resolver; `more` are lines of Lua.
    pub(crate) fn kresd(base: &Path, name: &str, at: &str, more: &str) -> Resolver {
        let anchors = if more.contains("trust_anchors") { "" } else { "trust_anchors.remove('.')" };
        let config = format!(
            "net.listen('{at}', 53, {{ kind = 'dns' }})\nnet.ipv6 = false\noption('ALLOW_LOCAL', true)\n\
             modules = {{ 'hints > iterate' }}\nhints.root({{ ['a.root.lab.'] = {{ '{ROOT}' }} }})\n\
             cache.size = 10 * MB\n{anchors}\n{more}\n"
        );
        Resolver::start(base, name, at, "kresd", &config, &["-n", "-c", "{dir}/config", "{dir}"])
    }

    /// PowerDNS Recursor.
    pub(crate) fn pdns(base: &Path, name: &str, at: &str) -> Resolver {
        let config = format!(
            "local-address={at}\nallow-from=0.0.0.0/0\ndont-query=\nhint-file={{dir}}/hints\ndnssec=off\nsocket-dir={{dir}}\n\
             daemon=no\nthreads=1\ndisable-syslog=yes\nsecurity-poll-suffix=\nquery-local-address=0.0.0.0\nwrite-pid=no\n\
             export-etc-hosts=off\nsetuid=\nsetgid=\n"
        );
        let file = folder(base, name).join("recursor.conf");
        std::fs::write(&file, config.replace("{dir}", &folder(base, name).to_string_lossy())).unwrap();
        Resolver::start(base, name, at, "pdns_recursor", "", &["--config-dir={dir}"])
    }

    /// BIND 9, which refreshes ahead of time, as it does out of the box. `more` are lines for its options, `top`
    /// for outside them.
    pub(crate) fn bind(base: &Path, name: &str, at: &str, more: &str, top: &str) -> Resolver {
        let validation = if more.contains("dnssec-validation") { "" } else { "dnssec-validation no;" };
        let config = format!(
            "options {{ directory \"{{dir}}\"; listen-on {{ {at}; }}; listen-on-v6 {{ none; }}; recursion yes;\n  \
             allow-query {{ any; }}; allow-recursion {{ any; }}; allow-query-cache {{ any; }}; pid-file none;\n  \
             session-keyfile none; empty-zones-enable no; {validation}\n {more} }};\n\
             {top}\ncontrols {{ }};\nzone \".\" {{ type hint; file \"hints\"; }};\n"
        );
        Resolver::start(base, name, at, "named", &config, &["-g", "-4", "-n", "1", "-c", "{dir}/config"])
    }

    /// dnsmasq, which asks another resolver.
    pub(crate) fn dnsmasq(base: &Path, name: &str, at: &str, upstream: SocketAddr) -> Resolver {
        let config = format!(
            "no-resolv\nno-hosts\nbind-interfaces\nlisten-address={at}\nserver={}\ncache-size=1000\nuser=root\npid-file=\n",
            upstream.ip()
        );
        Resolver::start(base, name, at, "dnsmasq", &config, &["-d", "--conf-file={dir}/config"])
    }

    /// dnsdist with a packet cache, which asks another resolver; over TLS and HTTPS too if it has a
    /// certificate (`cert.pem`, `key.pem` in `certificate`).
    pub(crate) fn dnsdist(
        base: &Path,
        name: &str,
        at: &str,
        upstream: SocketAddr,
        certificate: Option<&Path>,
    ) -> Resolver {
        let mut config = format!(
            "setLocal('{at}:53')\nsetACL({{'0.0.0.0/0'}})\nsetSecurityPollSuffix('')\n\
             newServer({{address='{upstream}'}}):setUp()\ngetPool(''):setCache(newPacketCache(10000))\n"
        );
        if let Some(folder) = certificate {
            let pair = format!("'{0}/cert.pem', '{0}/key.pem'", folder.display());
            config +=
                &format!("addTLSLocal('{at}:853', {pair})\naddDOHLocal('{at}:443', {pair}, '/dns-query')\n");
        }
        Resolver::start(
            base,
            name,
            at,
            "dnsdist",
            &config,
            &["--supervised", "--disable-syslog", "-C", "{dir}/config"],
        )
    }
}
