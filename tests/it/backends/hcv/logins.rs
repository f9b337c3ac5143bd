//! Logging in to a real Vault, in every way that can be gone from here.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::KeyPair;
use serde_json::{Value, json};
use strongroom::reference::{Reason, SettingOrigin};

use super::certificates::Authority;
use crate::backends::vault_probe::{VaultProbe, check, member, reason};
use crate::common::fake_server::{FakeServer, Reply};
use crate::common::vault::Vault;

/// A server with a secret that the policy `app` lets read.
pub async fn ready(arguments: &[&str]) -> Option<Vault> {
    let vault = Vault::with(&[&["-root-token", "root"], arguments].concat())?;
    vault.mount("secret", 2).await;
    vault.make("POST", "secret/data/x", json!({"data": {"a": "b"}})).await;
    vault.token("app", "secret/data/*").await;
    Some(vault)
}

pub async fn enable(vault: &Vault, way: &str, path: &str) {
    vault
        .make("POST", &format!("sys/auth/{path}"), json!({"type": way}))
        .await;
}

pub async fn opens(asked: VaultProbe) {
    assert_eq!(member(&asked.one("x").await, "a"), "b");
}

async fn role_id(vault: &Vault) -> String {
    let (_, role) = vault.ask("root", "GET", "auth/approle/role/kong/role-id", None).await;
    text(&role["data"]["role_id"])
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn an_approle_logs_in_once_for_all_secrets() {
    let Some(vault) = ready(&[]).await else { return };
    enable(&vault, "approle", "approle").await;
    vault
        .make("POST", "auth/approle/role/kong", json!({"token_policies": ["app"]}))
        .await;
    let role = role_id(&vault).await;
    let made = vault
        .make("POST", "auth/approle/role/kong/secret-id", json!({"num_uses": 1}))
        .await;
    let secret = text(&made["data"]["secret_id"]);
    let asked = VaultProbe::new().at(&vault.http).kv2();

    // all three in the checker's words, at a secret_id that one login uses up
    let own = asked.clone().checker("role_id", &role).checker("secret_id", &secret);
    let fetched = own.all(&[("x", None), ("x", Some("1")), ("none", None)]).await;
    let reasons: Vec<_> = fetched.iter().map(reason).collect();
    assert_eq!(reasons, ["found", "found", "no-such-secret"]);
    check(
        &own.refused("x").await,
        Reason::LoginRefused,
        &["refuses the credentials", "the path of the login"],
    );

    // the vault's own config, as Kong's fields have it
    let made = vault.make("POST", "auth/approle/role/kong/secret-id", json!({})).await;
    let secret = text(&made["data"]["secret_id"]);
    let configured = asked
        .clone()
        .said(SettingOrigin::Live, "auth_method", "approle")
        .said(SettingOrigin::Live, "approle_role_id", &role)
        .said(SettingOrigin::Live, "approle_secret_id", &secret);
    opens(configured.clone()).await;
    check(
        &configured.clone().of_others().refused("x").await,
        Reason::NoCredentials,
        &["another team's"],
    );
    // of others' vaults the checker's half may be completed by what is no secret there
    let half = configured
        .of_others()
        .said(SettingOrigin::Live, "approle_secret_id", "");
    opens(half.checker("role_id", &role).checker("secret_id", &secret)).await;

    enable(&vault, "approle", "team/roles").await;
    let elsewhere = asked.checker("role_id", "a").checker("secret_id", "b");
    let elsewhere = elsewhere.said(SettingOrigin::Live, "approle_auth_path", "team/roles");
    check(&elsewhere.refused("x").await, Reason::LoginRefused, &[]);
}

#[tokio::test]
async fn a_wrapped_secret_id_is_looked_at_and_never_used_up() {
    let Some(vault) = ready(&[]).await else { return };
    enable(&vault, "approle", "approle").await;
    vault
        .make("POST", "auth/approle/role/kong", json!({"token_policies": ["app"]}))
        .await;
    let role = role_id(&vault).await;
    let client = reqwest::Client::new();
    let url = format!("{}/v1/auth/approle/role/kong/secret-id", vault.http);
    let wrapped = client
        .post(url)
        .header("x-vault-token", "root")
        .header("x-vault-wrap-ttl", "300");
    let wrapped = wrapped.send().await.expect("an answer").text().await.expect("a body");
    let wrapped: Value = serde_json::from_str(&wrapped).expect("JSON");
    let token = text(&wrapped["wrap_info"]["token"]);
    let asked = VaultProbe::new()
        .at(&vault.http)
        .kv2()
        .said(SettingOrigin::Live, "auth_method", "approle")
        .said(SettingOrigin::Live, "approle_response_wrapping", "true")
        .said(SettingOrigin::Live, "approle_role_id", &role)
        .said(SettingOrigin::Live, "approle_secret_id", &token);
    for _ in 0..2 {
        check(
            &asked.refused("x").await,
            Reason::UnsupportedLogin,
            &["wrapped", "still good"],
        );
    }
    let (status, _) = vault.ask(&token, "POST", "sys/wrapping/unwrap", None).await;
    assert_eq!(status, 200, "it was used up");
    check(&asked.refused("x").await, Reason::LoginRefused, &["used up or expired"]);
    // a plain one that the checker's side gives besides is none of those
    let made = vault.make("POST", "auth/approle/role/kong/secret-id", json!({})).await;
    let plain = text(&made["data"]["secret_id"]);
    opens(asked.clone().checker("role_id", &role).checker("secret_id", &plain)).await;
    let wrapped = asked.clone().checker("role_id", &role).checker("secret_id", &token);
    check(
        &wrapped.refused("x").await,
        Reason::LoginRefused,
        &["used up or expired"],
    );
    // credentials of the checker's own go before it
    opens(asked.token("root")).await;
}

#[tokio::test]
async fn a_name_and_a_password_log_in() {
    let Some(vault) = ready(&[]).await else { return };
    enable(&vault, "userpass", "people").await;
    vault
        .make(
            "POST",
            "auth/people/users/ci",
            json!({"password": "open sesame", "token_policies": ["app"]}),
        )
        .await;
    let asked = VaultProbe::new().at(&vault.http).kv2().checker("auth_path", "people");
    let asked = asked.checker("username", "ci").checker("password", "open sesame");
    opens(asked.clone()).await;
    check(
        &asked.clone().checker("password", "no").refused("x").await,
        Reason::LoginRefused,
        &[],
    );
    check(
        &asked.checker("username", "../../x").refused("x").await,
        Reason::BadSettings,
        &["username"],
    );
}

/// A JWT with those claims.
fn signed(key: &KeyPair, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encode(&json!({"alg": "ES256", "typ": "JWT"})), encode(claims));
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.serialize_der()).expect("a key");
    let signature = pair.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature");
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

/// Good for ten minutes, from one minute ago.
fn times() -> (u64, u64) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.expect("a time").as_secs();
    (now - 60, now + 600)
}

/// A server with a role for JWTs, and a JWT for it.
async fn with_jwt() -> Option<(Vault, String)> {
    let vault = ready(&[]).await?;
    enable(&vault, "jwt", "jwt").await;
    let key = KeyPair::generate().expect("a key");
    let keys = json!({"jwt_validation_pubkeys": [key.public_key_pem()]});
    vault.make("POST", "auth/jwt/config", keys).await;
    let role =
        json!({"role_type": "jwt", "user_claim": "sub", "bound_audiences": ["vault"], "token_policies": ["app"]});
    vault.make("POST", "auth/jwt/role/kong", role).await;
    let (since, until) = times();
    let claims = json!({"sub": "kong", "aud": "vault", "iat": since, "nbf": since, "exp": until});
    Some((vault, signed(&key, &claims)))
}

#[tokio::test]
async fn a_jwt_logs_in() {
    let Some((vault, jwt)) = with_jwt().await else { return };
    let asked = VaultProbe::new().at(&vault.http).kv2().checker("role", "kong");
    let given = asked.checker("jwt", &format!("{jwt}\n"));
    opens(given.clone()).await;
    opens(given.clone().said(SettingOrigin::Live, "auth_method", "jwt")).await;
    let nobody = given.clone().checker("role", "nobody");
    check(&nobody.refused("x").await, Reason::LoginRefused, &["the role"]);
    let wrong = given.checker("jwt", "a.b.c");
    check(&wrong.refused("x").await, Reason::LoginRefused, &[]);
}

#[tokio::test]
async fn an_oauth_server_gives_a_jwt() {
    let Some((vault, jwt)) = with_jwt().await else { return };
    let answer = json!({"access_token": jwt, "token_type": "Bearer"}).to_string();
    let server = FakeServer::start(move |heard| match heard.body.contains("client_secret=s%20cret%26") {
        true => Reply::new(200, answer.clone()),
        false => Reply::new(401, r#"{"error": "invalid_client"}"#),
    });
    let client = VaultProbe::new()
        .at(&vault.http)
        .kv2()
        .said(SettingOrigin::Live, "auth_method", "jwt")
        .said(SettingOrigin::Live, "jwt_role", "kong")
        .said(
            SettingOrigin::Live,
            "oauth2_token_endpoint",
            &format!("{}/token", server.url()),
        )
        .said(SettingOrigin::Live, "oauth2_client_id", "kong")
        .said(SettingOrigin::Live, "oauth2_client_secret", "s cret&")
        .said(SettingOrigin::Live, "oauth2_audiences", "vault");
    opens(client.clone()).await;
    let heard = &server.requests()[0];
    assert_eq!(heard.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(
        heard.body,
        "grant_type=client%5Fcredentials&client_id=kong&client_secret=s%20cret%26&audience=vault"
    );
    let wrong = client
        .clone()
        .said(SettingOrigin::Live, "oauth2_client_secret", "canary");
    check(&wrong.refused("x").await, Reason::LoginRefused, &["OAuth 2"]);
    let half = client.said(SettingOrigin::Live, "oauth2_client_id", "");
    check(&half.refused("x").await, Reason::BadSettings, &["half", "client_id"]);
}

/// What Kubernetes answers whoever asks it to review a token: <https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/>.
fn review(token: &str) -> Value {
    let user = json!({
        "username": "system:serviceaccount:kong:gateway", "uid": "7",
        "groups": ["system:serviceaccounts", "system:serviceaccounts:kong", "system:authenticated"],
    });
    let status = match token.ends_with(".good") {
        true => json!({"authenticated": true, "user": user, "audiences": ["https://kubernetes.default.svc"]}),
        false => json!({"authenticated": false, "error": "invalid bearer token"}),
    };
    json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status})
}

#[tokio::test]
async fn a_service_account_of_kubernetes_logs_in() {
    let Some(vault) = ready(&[]).await else { return };
    let kubernetes = FakeServer::start(|heard| {
        assert_eq!(
            (heard.method.as_str(), heard.path.as_str()),
            ("POST", "/apis/authentication.k8s.io/v1/tokenreviews")
        );
        let asked: Value = serde_json::from_str(&heard.body).expect("JSON");
        Reply(
            201,
            vec![("content-type", "application/json".to_owned())],
            review(asked["spec"]["token"].as_str().expect("a token")).to_string(),
        )
    });
    enable(&vault, "kubernetes", "cluster").await;
    let config = json!({"kubernetes_host": kubernetes.url(), "disable_local_ca_jwt": true, "kubernetes_ca_cert": Authority::new().pem});
    vault.make("POST", "auth/cluster/config", config).await;
    let role = json!({"bound_service_account_names": ["gateway"], "bound_service_account_namespaces": ["kong"], "token_policies": ["app"]});
    vault.make("POST", "auth/cluster/role/kong", role).await;
    let (since, until) = times();
    let claims = json!({
        "iss": "https://kubernetes.default.svc", "sub": "system:serviceaccount:kong:gateway",
        "iat": since, "nbf": since, "exp": until,
        "kubernetes.io": {"namespace": "kong", "serviceaccount": {"name": "gateway", "uid": "7"}},
    });
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let jwt = |end: &str| format!("{}.{}.{end}", encode(&json!({"alg": "RS256"})), encode(&claims));
    let asked = VaultProbe::new()
        .at(&vault.http)
        .kv2()
        .said(SettingOrigin::Live, "auth_method", "kubernetes")
        .said(SettingOrigin::Live, "kube_auth_path", "cluster")
        .said(SettingOrigin::Live, "kube_role", "kong");
    check(
        &asked.refused("x").await,
        Reason::NoCredentials,
        &["STRONGROOM_VAULT_MY_VAULT_JWT"],
    );
    opens(asked.clone().checker("jwt", &format!("{}\n", jwt("good")))).await;
    check(
        &asked.clone().checker("jwt", &jwt("badx")).refused("x").await,
        Reason::LoginRefused,
        &[],
    );
    let half = asked
        .said(SettingOrigin::Live, "kube_role", "")
        .checker("jwt", &jwt("good"));
    check(&half.refused("x").await, Reason::BadSettings, &["role"]);
}

#[tokio::test]
async fn logins_of_clouds_cannot_be_made_from_here() {
    for way in ["gcp_iam", "gcp_gce", "azure", "aws_ec2", "aws_iam"] {
        let fake = FakeServer::start(|_| Reply::new(200, "{}"));
        let asked = VaultProbe::new()
            .at(&fake.url())
            .said(SettingOrigin::Live, "auth_method", way);
        check(
            &asked.refused("x").await,
            Reason::UnsupportedLogin,
            &[way, "STRONGROOM_VAULT_MY_VAULT_TOKEN"],
        );
        assert!(fake.bytes().is_empty());
    }
}

#[tokio::test]
async fn nothing_is_asked_without_credentials() {
    let fake = FakeServer::start(|_| Reply::new(200, "{}"));
    let asked = VaultProbe::new().at(&fake.url());
    let says = ["no credentials", "STRONGROOM_VAULT_MY_VAULT_TOKEN"];
    check(&asked.refused("x").await, Reason::NoCredentials, &says);
    check(
        &asked.clone().token("").refused("x").await,
        Reason::NoCredentials,
        &says,
    );
    let approle = asked.clone().checker("auth_method", "approle");
    check(
        &approle.refused("x").await,
        Reason::NoCredentials,
        &["_ROLE_ID", "_SECRET_ID"],
    );
    let half = approle.clone().checker("role_id", "a");
    check(&half.refused("x").await, Reason::BadSettings, &["half", "secret_id"]);
    check(
        &asked.clone().checker("secret_id", "a").refused("x").await,
        Reason::BadSettings,
        &["half", "role_id"],
    );
    // the data planes' own file holds the other half
    let theirs = asked
        .said(SettingOrigin::Live, "auth_method", "approle")
        .said(SettingOrigin::Live, "approle_role_id", "a")
        .said(SettingOrigin::Live, "approle_secret_id_file", "/etc/passwd");
    check(&theirs.refused("x").await, Reason::NoCredentials, &["_SECRET_ID"]);
    assert!(fake.bytes().is_empty());
}

#[tokio::test]
async fn a_namespace_is_named_in_every_request() {
    let fake = FakeServer::start(|heard| match heard.method.as_str() {
        "POST" => Reply::new(200, r#"{"auth": {"client_token": "t"}}"#),
        _ => Reply::new(200, r#"{"data": {"a": "b"}}"#),
    });
    let asked = VaultProbe::new()
        .at(&fake.url())
        .said(SettingOrigin::Live, "namespace", "team/a");
    opens(asked.checker("role_id", "a").checker("secret_id", "b")).await;
    let requests = fake.requests();
    assert_eq!(requests.len(), 2);
    assert!(
        requests
            .iter()
            .all(|heard| heard.header("x-vault-namespace") == Some("team/a"))
    );
    assert_eq!(requests[1].header("x-vault-token"), Some("t"));
    assert_eq!(requests[0].body, r#"{"role_id":"a","secret_id":"b"}"#);
}
