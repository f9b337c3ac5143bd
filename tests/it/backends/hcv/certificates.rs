//! Certificates: of the server, and of clients that log in by one.

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use serde_json::json;
use strongroom::reference::{Reason, SettingOrigin};

use super::logins::{enable, opens, ready};
use crate::backends::vault_probe::{VaultProbe, check};
use crate::common::vault::Vault;

pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "test CA");
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        let issuer = Issuer::new(params, key);
        Self { pem, issuer }
    }

    /// A certificate and its key.
    fn issue(&self, name: &str, usage: ExtendedKeyUsagePurpose) -> (String, String) {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }

    /// A vault that shows a certificate of this authority.
    async fn vault(&self) -> Option<Vault> {
        let (certificate, key) = self.issue("vault", ExtendedKeyUsagePurpose::ServerAuth);
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path.to_str().expect("a path").to_owned()
        };
        let (certificate, key) = (file("cert.pem", &certificate), file("key.pem", &key));
        ready(&["-tls", "-cert", &certificate, "-key", &key]).await
    }
}

#[tokio::test]
async fn a_certificate_logs_in() {
    let (authority, other) = (Authority::new(), Authority::new());
    let Some(vault) = authority.vault().await else { return };
    enable(&vault, "cert", "cert").await;
    let role = json!({"certificate": authority.pem, "token_policies": ["app"]});
    vault.make("POST", "auth/cert/certs/kong", role).await;

    let https = vault.https.as_deref().expect("an address");
    let asked = VaultProbe::new().at(https).kv2().checker("ca_cert", &authority.pem);
    let with = |(certificate, key): &(String, String)| {
        let asked = asked.clone().checker("client_cert", certificate);
        asked.checker("client_key", key)
    };
    let client = authority.issue("kong", ExtendedKeyUsagePurpose::ClientAuth);
    opens(with(&client)).await;
    let configured = asked
        .clone()
        .said(SettingOrigin::Live, "auth_method", "cert")
        .said(SettingOrigin::Live, "cert_auth_role_name", "kong")
        .said(SettingOrigin::Live, "cert_auth_cert", &client.0)
        .said(SettingOrigin::Live, "cert_auth_cert_key", &client.1);
    opens(configured.clone()).await;
    let half = configured.said(SettingOrigin::Live, "cert_auth_cert_key", "");
    check(&half.refused("x").await, Reason::BadSettings, &["half", "client_key"]);

    let stranger = with(&other.issue("kong", ExtendedKeyUsagePurpose::ClientAuth));
    check(&stranger.refused("x").await, Reason::LoginRefused, &[]);
    let server = with(&authority.issue("kong", ExtendedKeyUsagePurpose::ServerAuth));
    check(&server.refused("x").await, Reason::LoginRefused, &[]);
    let broken = with(&("canary".to_owned(), "canary".to_owned()));
    check(&broken.refused("x").await, Reason::BadSettings, &["PEM"]);
}

#[tokio::test]
async fn a_server_is_verified_unless_the_checkers_side_says_otherwise() {
    let (authority, other) = (Authority::new(), Authority::new());
    let Some(vault) = authority.vault().await else { return };
    let https = vault.https.as_deref().expect("an address");
    let asked = VaultProbe::new().at(https).kv2().token("root");
    let knowing = |pem: &str| asked.clone().checker("ca_cert", pem);
    opens(knowing(&authority.pem)).await;
    let says = ["not trusted", "ca_cert"];
    check(&asked.refused("x").await, Reason::ConnectionFailed, &says);
    check(&knowing(&other.pem).refused("x").await, Reason::ConnectionFailed, &says);
    check(&knowing("canary").refused("x").await, Reason::BadSettings, &["CA"]);
    opens(asked.checker("ssl_verify", "false")).await;
}
