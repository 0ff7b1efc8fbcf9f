//! What an administrator hands over to bind a handheld: a one-time code, where the server's own
//! certificate has to be known by its fingerprint, and the address as far as it is written down.
//!
//! Three forms, each read back by [`Invitation::parse`]: `K7QM-2XFA` for a server whose certificate
//! the system trusts, `K7QM-2XFA@fingerprint`, and `gewu://host:port/K7QM-2XFA@fingerprint`, which
//! is what the QR code holds. An address keeps the fingerprint it is pinned to behind `#`.

use crate::id::Sha256;
use std::fmt;

/// The scheme of a whole invitation; it always stands for TLS.
const SCHEME: &str = "gewu://";
/// What a pinned address says before the fingerprint.
const MARK: &str = "#sha256=";
/// Digits of a fingerprint that are enough: 128 bits, against which nobody finds a second
/// certificate. People who type are spared the other half.
pub const FINGERPRINT_DIGITS_MIN: usize = 32;
/// Digits of a whole fingerprint.
const FINGERPRINT_DIGITS: usize = 64;

/// SHA-256 of a certificate, or at least its first half, in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Reads one however it was written: case, colons and spaces don't matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != ':')
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let fits = (FINGERPRINT_DIGITS_MIN..=FINGERPRINT_DIGITS).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then_some(Self(digits))
    }

    /// Whether it names this certificate.
    #[must_use]
    pub fn names(&self, certificate: &Sha256) -> bool {
        certificate.to_string().starts_with(&self.0)
    }
}

impl From<Sha256> for Fingerprint {
    fn from(hash: Sha256) -> Self {
        Self(hash.to_string())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Host and port, when they are part of it.
    pub host: Option<String>,
    /// The one-time code.
    pub code: String,
    /// What the server's certificate has to be.
    pub fingerprint: Option<Fingerprint>,
}

impl Invitation {
    /// Reads any of the three forms. What can't be a fingerprint stays part of the code, which the
    /// server then refuses with words.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let (host, rest) = match text.strip_prefix(SCHEME).and_then(|t| t.split_once('/')) {
            Some((host, rest)) => (Some(host.to_owned()), rest),
            None => (None, text),
        };
        let split = rest.split_once('@');
        let pinned = split.and_then(|(code, print)| Some((code, Fingerprint::parse(print)?)));
        match pinned {
            Some((code, fingerprint)) => Self {
                host,
                code: code.trim().to_owned(),
                fingerprint: Some(fingerprint),
            },
            None => Self {
                host,
                code: rest.to_owned(),
                fingerprint: None,
            },
        }
    }

    /// The address to bind to: its own, else the one typed beside it; pinned when it has a
    /// fingerprint.
    #[must_use]
    pub fn address(&self, typed: &str) -> String {
        let address = match &self.host {
            Some(host) => format!("https://{host}"),
            None => bare(typed.trim()).trim_end_matches('/').to_owned(),
        };
        match &self.fingerprint {
            Some(fingerprint) => format!("{address}{MARK}{fingerprint}"),
            None => address,
        }
    }
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(host) = &self.host {
            write!(f, "{SCHEME}{host}/")?;
        }
        f.write_str(&self.code)?;
        match &self.fingerprint {
            Some(fingerprint) => write!(f, "@{fingerprint}"),
            None => Ok(()),
        }
    }
}

/// The fingerprint that an address is pinned to.
#[must_use]
pub fn pin_of(address: &str) -> Option<Fingerprint> {
    Fingerprint::parse(address.split_once(MARK)?.1)
}

/// An address without the fingerprint it is pinned to, for people.
#[must_use]
pub fn bare(address: &str) -> &str {
    address.split_once(MARK).map_or(address, |(bare, _)| bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print() -> Fingerprint {
        Sha256::of(b"a certificate").into()
    }

    #[test]
    fn every_form_is_read_back() {
        for host in [None, Some(String::from("gewu.example:8443"))] {
            for fingerprint in [None, Some(print())] {
                let made = Invitation {
                    host: host.clone(),
                    code: String::from("K7QM-2XFA"),
                    fingerprint,
                };
                assert_eq!(Invitation::parse(&format!(" {made}\n")), made);
            }
        }
    }

    #[test]
    fn an_address_is_pinned_once_and_shown_without_its_pin() {
        let invitation = Invitation::parse(&format!("K7QM-2XFA@{}", print()));
        let address = invitation.address("https://10.0.0.1:8443/");
        assert_eq!(bare(&address), "https://10.0.0.1:8443");
        assert_eq!(pin_of(&address), Some(print()));
        assert_eq!(invitation.address(&address), address);
        let plain = Invitation::parse("K7QM-2XFA").address(&address);
        assert_eq!(
            (plain.as_str(), pin_of(&plain)),
            ("https://10.0.0.1:8443", None)
        );
    }

    #[test]
    fn half_a_fingerprint_is_enough_and_less_is_none() {
        let whole = print().to_string();
        let half = Fingerprint::parse(&whole[..FINGERPRINT_DIGITS_MIN].to_uppercase());
        assert!(half.is_some_and(|half| half.names(&Sha256::of(b"a certificate"))));
        assert!(!print().names(&Sha256::of(b"another")));
        let short = &whole[..FINGERPRINT_DIGITS_MIN - 1];
        assert_eq!(Fingerprint::parse(short), None);
        let kept = Invitation::parse(&format!("K7QM-2XFA@{short}"));
        assert_eq!(kept.code, format!("K7QM-2XFA@{short}"));
    }
}
