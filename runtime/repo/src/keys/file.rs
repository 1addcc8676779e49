//! Key files. *Full* is an age identity file as `age-keygen` writes it; *writer* is a text of its own. Either
//! may be wrapped in an age file under a passphrase.

use std::io::{Read as _, Write as _};

use age::secrecy::SecretString;
use age::{scrypt, x25519};
use mainstay_world::Random;
use zeroize::Zeroizing;

use super::writer::MARK;
use super::{Role, WriterKey};
use crate::format::DecodeError;
use crate::format::generation::Recipient;

/// A key file is a few hundred bytes; comments may make it longer.
pub const MAX_KEY_FILE_BYTES: usize = 1024 * 1024;
/// Identities of one file.
const MAX_IDENTITIES: usize = 64;
/// The work for a passphrase: 2 to this power, about a second.
const SCRYPT_WORK: u8 = 18;
/// The most work a file may ask for: a file is no way to keep a machine busy for hours.
const MAX_SCRYPT_WORK: u8 = 22;
const WRAPPED_MARK: &[u8] = b"age-encryption.org/v1\n";
const IDENTITY_MARK: &str = "AGE-SECRET-KEY-1";

/// Why a key file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// It is wrapped, and no passphrase was given.
    #[error("the key file is wrapped under a passphrase, and none was given")]
    NeedsPassphrase,
    /// The passphrase is another one.
    #[error("the passphrase does not open the key file")]
    WrongPassphrase,
    /// It asks for more work than anybody should do.
    #[error("the key file asks for too much work to open it")]
    TooMuchWork,
    /// It is neither kind of key file.
    #[error("this is no key file: neither an age identity nor a writer key")]
    Unknown,
    /// It is one, and changed or cut off.
    #[error("the key file is damaged: {0}")]
    Damaged(DecodeError),
}

impl KeyFileError {
    /// For decisions and exit codes: whatever is wrong with a key file is a matter of the key.
    pub fn class(&self) -> crate::class::Class {
        crate::class::Class::Key
    }
}

/// A key file, opened.
#[derive(Clone)]
pub struct KeyFile(pub(crate) Held);

#[derive(Clone)]
pub(crate) enum Held {
    Full(Vec<x25519::Identity>),
    Writer(Box<WriterKey>),
}

impl KeyFile {
    /// Reads one.
    ///
    /// # Errors
    /// [`KeyFileError`] says which of the ways it is wrong.
    pub fn read(bytes: &[u8], passphrase: Option<&str>) -> Result<Self, KeyFileError> {
        if bytes.len() > MAX_KEY_FILE_BYTES {
            return Err(KeyFileError::Unknown);
        }
        if !bytes.starts_with(WRAPPED_MARK) {
            return Self::parse(bytes);
        }
        let passphrase = passphrase.ok_or(KeyFileError::NeedsPassphrase)?;
        Self::parse(&unwrap_file(bytes, passphrase)?)
    }

    /// Makes a new full key.
    pub fn generate(random: &dyn Random) -> Self {
        loop {
            let mut secret = Zeroizing::new([0u8; 32]);
            random.fill(secret.as_mut_slice());
            let text = bech32::encode_upper::<bech32::Bech32>(bech32::Hrp::parse_unchecked(HRP), &*secret);
            let identity = text.ok().map(Zeroizing::new).and_then(|text| text.parse().ok());
            if let Some(identity) = identity {
                return Self(Held::Full(vec![identity]));
            }
        }
    }

    /// What its holder may do.
    pub fn role(&self) -> Role {
        match &self.0 {
            Held::Full(_) => Role::Full,
            Held::Writer(key) => key.certificate().role,
        }
    }

    /// The public halves of a full key; nothing for a writer.
    pub fn recipients(&self) -> Vec<Recipient> {
        let Held::Full(identities) = &self.0 else { return Vec::new() };
        let public = identities.iter().map(|identity| identity.to_public().to_string());
        public.map(|age| Recipient { age, label: String::new() }).collect()
    }

    /// The text of the file.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        use age::secrecy::ExposeSecret as _;
        let identities = match &self.0 {
            Held::Writer(key) => return Zeroizing::new(key.to_text().as_bytes().to_vec()),
            Held::Full(identities) => identities,
        };
        let mut text = Zeroizing::new(Vec::new());
        for identity in identities {
            text.extend_from_slice(format!("# public key: {}\n", identity.to_public()).as_bytes());
            text.extend_from_slice(identity.to_string().expose_secret().as_bytes());
            text.push(b'\n');
        }
        text
    }

    /// The file, wrapped under a passphrase.
    ///
    /// # Errors
    /// What age says.
    pub fn to_wrapped_bytes(&self, passphrase: &str) -> Result<Vec<u8>, std::io::Error> {
        self.wrap_with(passphrase, SCRYPT_WORK)
    }

    fn wrap_with(&self, passphrase: &str, work: u8) -> Result<Vec<u8>, std::io::Error> {
        let mut recipient = scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
        recipient.set_work_factor(work);
        let recipients = std::iter::once(&recipient as &dyn age::Recipient);
        let encryptor = age::Encryptor::with_recipients(recipients).map_err(std::io::Error::other)?;
        let mut out = Vec::new();
        let mut writer = encryptor.wrap_output(&mut out)?;
        writer.write_all(&self.to_bytes())?;
        writer.finish()?;
        Ok(out)
    }

    fn parse(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let text = std::str::from_utf8(bytes).map_err(|_| KeyFileError::Unknown)?;
        let mut lines =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
        if lines.next_if_eq(&MARK).is_some() {
            let key = WriterKey::from_lines(lines).map_err(KeyFileError::Damaged)?;
            return Ok(Self(Held::Writer(Box::new(key))));
        }
        let mut identities = Vec::new();
        for line in lines {
            if !line.starts_with(IDENTITY_MARK) || identities.len() == MAX_IDENTITIES {
                return Err(KeyFileError::Unknown);
            }
            let damaged = |_| KeyFileError::Damaged(DecodeError::Broken);
            identities.push(line.parse().map_err(damaged)?);
        }
        if identities.is_empty() { Err(KeyFileError::Unknown) } else { Ok(Self(Held::Full(identities))) }
    }
}

const HRP: &str = "age-secret-key-";

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyFile({}, secret)", self.role())
    }
}

fn unwrap_file(bytes: &[u8], passphrase: &str) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let broken = KeyFileError::Damaged(DecodeError::Broken);
    let mut identity = scrypt::Identity::new(SecretString::from(passphrase.to_owned()));
    identity.set_max_work_factor(MAX_SCRYPT_WORK);
    let decryptor = age::Decryptor::new_buffered(bytes).map_err(|_| broken.clone())?;
    if !decryptor.is_scrypt() {
        return Err(KeyFileError::Unknown);
    }
    let reader = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity));
    let reader = reader.map_err(|error| match error {
        age::DecryptError::ExcessiveWork { .. } => KeyFileError::TooMuchWork,
        age::DecryptError::DecryptionFailed
        | age::DecryptError::KeyDecryptionFailed
        | age::DecryptError::NoMatchingKeys => KeyFileError::WrongPassphrase,
        _ => broken.clone(),
    })?;
    let mut text = Zeroizing::new(Vec::new());
    reader.take(MAX_KEY_FILE_BYTES as u64).read_to_end(&mut text).map_err(|_| broken)?;
    Ok(text)
}

#[cfg(test)]
mod tests;
