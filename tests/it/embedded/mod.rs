mod durability;
mod http;
mod properties;
mod transcripts;
