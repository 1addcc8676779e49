use mainstay_kit::SeededRandom;

use super::*;
use crate::format::hostile::torment;
use crate::id::FamilyId;
use crate::keys::{RootKey, Signer};

fn writer() -> KeyFile {
    let root = RootKey::new([1; 32]);
    let family = FamilyId([2; 16]);
    let owner = Signer::owner(&root.owner_seed(), &family);
    let random = SeededRandom::new(3);
    let key = WriterKey::issue(&family, &owner, &root.chunks(), &root.map(), Vec::new(), &random);
    KeyFile(Held::Writer(Box::new(key)))
}

#[test]
fn both_kinds_come_back() {
    let full = KeyFile::generate(&SeededRandom::new(1));
    let again = KeyFile::read(&full.to_bytes(), None).unwrap();
    assert_eq!(again.role(), Role::Full);
    assert_eq!(again.recipients(), full.recipients());
    assert_eq!(again.to_bytes(), full.to_bytes());
    let again = KeyFile::read(&writer().to_bytes(), None).unwrap();
    assert_eq!(again.role(), Role::Writer);
    assert_eq!(again.to_bytes(), writer().to_bytes());
}

#[test]
fn what_age_keygen_writes_is_read() {
    let text = "# created: 2026-01-02T03:04:05Z\r\n# public key: age1...\r\n\
                AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\r\n";
    let file = KeyFile::read(text.as_bytes(), None).unwrap();
    assert!(file.recipients()[0].age.starts_with("age1"));
}

#[test]
fn a_passphrase_wraps_and_unwraps() {
    let full = KeyFile::generate(&SeededRandom::new(1));
    let wrapped = full.wrap_with("correct horse", 4).unwrap();
    assert_eq!(KeyFile::read(&wrapped, None).err(), Some(KeyFileError::NeedsPassphrase));
    assert_eq!(KeyFile::read(&wrapped, Some("wrong")).err(), Some(KeyFileError::WrongPassphrase));
    let again = KeyFile::read(&wrapped, Some("correct horse")).unwrap();
    assert_eq!(again.to_bytes(), full.to_bytes());
}

#[test]
fn damage_is_told_from_nonsense() {
    let full = KeyFile::generate(&SeededRandom::new(1)).to_bytes();
    let mut damaged = full.to_vec();
    let last = damaged.len() - 3;
    damaged[last] = if damaged[last] == b'Q' { b'P' } else { b'Q' };
    assert!(matches!(KeyFile::read(&damaged, None), Err(KeyFileError::Damaged(_))));
    for nonsense in [&b""[..], b"# only a comment\n", b"ssh-ed25519 AAAA\n", &[0xff, 0xfe]] {
        assert_eq!(KeyFile::read(nonsense, None).err(), Some(KeyFileError::Unknown));
    }
}

#[test]
fn a_changed_writer_key_is_never_taken() {
    let text = writer().to_bytes();
    let payload = text.windows(MARK.len()).position(|part| part == MARK.as_bytes()).unwrap() + MARK.len() + 1;
    let (head, digits) = text.split_at(payload);
    let taken = torment(digits, 1, |digits| {
        KeyFile::read(&[head, digits].concat(), None).is_ok_and(|key| key.to_bytes() != text)
    });
    assert_eq!(taken.flipped + taken.short + taken.long, 0);
}

#[test]
fn nothing_secret_is_shown() {
    let shown = format!("{:?} {:?}", writer(), KeyFile::generate(&SeededRandom::new(1)));
    assert_eq!(shown, "KeyFile(writer, secret) KeyFile(full, secret)");
}
