//! The port: is it free, or does a relay have it already?

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Finding;
use crate::{cli::Context, listen, relay::Relay};

const NAME: &str = "Port";

/// How long what holds the port may take to say who it is, and in how many bytes.
const PATIENCE: Duration = Duration::from_secs(2);
const LARGEST_GREETING: u64 = 4 << 10;

/// Whether the relay could listen.
pub(super) async fn look(context: &Context, relay: &Relay, has_key: bool) -> Finding {
    let settings = context.settings();
    if let Err(exposed) = relay.check_exposure(settings, has_key).await {
        return Finding::problem(NAME, exposed.to_string(), "The relay does not start like this");
    }
    let (host, port) = (settings.host, settings.port);
    match listen::bind(host, port).await {
        Ok(_) if port == 0 => Finding::ok(NAME, format!("the relay takes a free one of {host}")),
        Ok(_) => Finding::ok(NAME, format!("{port} of {host} is free{}", reached(context))),
        Err(_) if is_relay(context).await => {
            Finding::ok(NAME, format!("a relay is answering on {port} of {host}{}", reached(context)))
        }
        Err(error) => Finding::problem(NAME, error.to_string(), "The relay does not start like this"),
    }
}

/// At which addresses other machines reach the relay when it runs, if any can.
fn reached(context: &Context) -> String {
    let settings = context.settings();
    let bound = settings.host.addresses().into_iter().map(|address| SocketAddr::new(address, settings.port));
    let reachable = listen::reachable(&bound.collect::<Vec<_>>());
    if reachable.is_empty() {
        return String::new();
    }
    format!("; other machines reach it at {}", reachable.join(" or "))
}

/// Whether what holds the port is a relay: it says so at `/`.
async fn is_relay(context: &Context) -> bool {
    let Some(address) = context.settings().host.addresses().first().copied() else { return false };
    let address = if address.is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address };
    let ask = async {
        let mut stream = TcpStream::connect((address, context.settings().port)).await?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream.take(LARGEST_GREETING).read_to_end(&mut answer).await?;
        io::Result::Ok(String::from_utf8_lossy(&answer).contains("1min Relay"))
    };
    matches!(tokio::time::timeout(PATIENCE, ask).await, Ok(Ok(true)))
}
