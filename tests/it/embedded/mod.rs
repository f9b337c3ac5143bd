mod durability;
mod http;
mod kinds;
mod properties;
mod transcripts;
