mod client;
mod tls;
