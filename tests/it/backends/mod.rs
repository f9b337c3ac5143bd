#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "azure")]
mod azure;
mod conjur;
#[cfg(feature = "gcp")]
mod gcp;
mod hcv;
mod vault_probe;
