//! AWS's signature of a request, version 4.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The keys of an account.
#[derive(Clone)]
pub(super) struct AwsKeys {
    pub(super) access_key: String,
    pub(super) secret_key: String,
    pub(super) session_token: Option<String>,
    pub(super) region: String,
}

/// Adds the signature's headers. `now` is in seconds since 1970.
///
/// # Errors
/// Says what could not be signed.
pub(super) fn sign_request(
    keys: &AwsKeys,
    url: &str,
    headers: &mut HeaderMap,
    body: &[u8],
    now: f64,
) -> Result<(), String> {
    let credentials = Credentials::new(
        keys.access_key.as_str(),
        keys.secret_key.as_str(),
        keys.session_token.clone(),
        None,
        "environment",
    );
    let identity = credentials.into();
    let time: SystemTime = UNIX_EPOCH + Duration::from_secs_f64(now.max(0.0));
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&keys.region)
        .name("bedrock")
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let plain = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let request =
        SignableRequest::new("POST", url, plain, SignableBody::Bytes(body)).map_err(|error| error.to_string())?;
    let (instructions, _) = sign(request, &params).map_err(|error| error.to_string())?.into_parts();
    for (name, value) in instructions.headers() {
        let name: HeaderName = name.parse().map_err(|_| format!("not a header: {name}"))?;
        let mut value = HeaderValue::from_str(value).map_err(|_| format!("not a header's value: {name}"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_names_key_day_region_and_service_and_repeats() {
        let keys = AwsKeys {
            access_key: "AKIDEXAMPLE".into(),
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: Some("token".into()),
            region: "eu-central-1".into(),
        };
        let url = "https://bedrock-runtime.eu-central-1.amazonaws.com/model/a%3A0/converse";
        let signed = |body: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert("content-type", HeaderValue::from_static("application/json"));
            sign_request(&keys, url, &mut headers, body, 1_445_412_480.0).unwrap();
            assert_eq!(headers["x-amz-date"], "20151021T072800Z");
            assert_eq!(headers["x-amz-security-token"], "token");
            headers["authorization"].to_str().unwrap().to_owned()
        };
        let one = signed(b"{}");
        assert!(
            one.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20151021/eu-central-1/bedrock/aws4_request"),
            "{one}"
        );
        assert_eq!(one, signed(b"{}"));
        assert_ne!(one, signed(b"{ }"));
        assert!(!one.contains(&keys.secret_key));
    }
}
