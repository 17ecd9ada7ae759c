//! This machine's own resolver settings.

use std::net::SocketAddr;

use hickory_resolver::system_conf::read_system_conf;

/// The most that are read; resolv.conf itself allows three.
const MAX: usize = 8;

/// The resolvers that this machine is set to use, in its order; none when its settings cannot be read.
pub fn system_resolvers() -> Vec<SocketAddr> {
    let Ok((config, _)) = read_system_conf() else { return Vec::new() };
    let mut all = Vec::new();
    for server in config.name_servers() {
        let port = server.connections.first().map_or(53, |connection| connection.port);
        let addr = SocketAddr::new(server.ip, port);
        if all.len() < MAX && !all.contains(&addr) {
            all.push(addr);
        }
    }
    all
}
