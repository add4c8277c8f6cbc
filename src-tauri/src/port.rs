//! Who has a port, and which one is free.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};

use listeners::Protocol;

/// How many ports after the taken one are tried.
const TRIES: u16 = 50;

/// The program that listens on `port`, such as `python3 (pid 4242)`, where the system tells.
pub(crate) fn holder(port: u16) -> Option<String> {
    let process = listeners::get_process_by_port(port, Protocol::TCP).ok()?;
    Some(format!("{} (pid {})", process.name, process.pid))
}

/// The next port after `port` that is free on both loopback addresses.
pub(crate) fn next_free(port: u16) -> Option<u16> {
    (1..=TRIES).filter_map(|step| port.checked_add(step)).find(|port| is_free(*port))
}

fn is_free(port: u16) -> bool {
    let can_bind = |address: IpAddr| match TcpListener::bind((address, port)) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::AddrNotAvailable,
    };
    can_bind(Ipv4Addr::LOCALHOST.into()) && can_bind(Ipv6Addr::LOCALHOST.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_has_a_holder_and_a_free_one_after_it() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(!is_free(port));
        assert_ne!(next_free(port), Some(port));
        let holder = holder(port).unwrap();
        assert!(holder.ends_with(&format!("(pid {})", std::process::id())), "{holder}");
    }
}
