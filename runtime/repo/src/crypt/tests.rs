use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use proptest::prelude::*;

use super::*;
use crate::id::from_hex;

fn binding(family: &FamilyId) -> Binding<'_> {
    Binding { family, kind: SealKind::Data, codec: Codec::Zstd, raw_length: 77, id: &[6; 32] }
}

/// The same seal by the other crate.
fn by_rustcrypto(key: &Key, binding: &Binding<'_>, nonce: [u8; 24], content: &[u8]) -> Vec<u8> {
    let mut bytes = content.to_vec();
    let cipher = XChaCha20Poly1305::new(key.secret().into());
    let aad = binding.bytes(key);
    let tag = cipher.encrypt_inout_detached(&XNonce::from(nonce), &aad, bytes.as_mut_slice().into());
    [nonce.as_slice(), &bytes, &tag.unwrap()].concat()
}

/// draft-irtf-cfrg-xchacha-03, A.3.1, without our associated data: subkey and cipher as they are used here.
#[test]
fn the_published_vector() {
    let plain =
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
                  sunscreen would be it.";
    let key: [u8; 32] = from_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f").unwrap();
    let nonce: [u8; 24] = from_hex("404142434445464748494a4b4c4d4e4f5051525354555657").unwrap();
    let aad: [u8; 12] = from_hex("50515253c0c1c2c3c4c5c6c7").unwrap();
    let (cipher, short) = bulk(&Key::new(key), &nonce).unwrap();
    let mut bytes = plain.to_vec();
    let tag = cipher.seal_in_place_separate_tag(short, Aad::from(aad), &mut bytes).unwrap();
    assert_eq!(tag.as_ref(), from_hex::<16>("c0875924c1c7987947deafd8780acf49").unwrap());
    assert_eq!(bytes[..16], from_hex::<16>("bd6d179d3e83d43b9576579493c0e939").unwrap());
}

#[test]
fn nothing_can_stand_in_for_another() {
    let (family, other) = (FamilyId([1; 16]), FamilyId([2; 16]));
    let key = Key::new([9; 32]);
    let mut sealed = Vec::new();
    seal(&key, &binding(&family), [5; 24], b"content", &mut sealed);
    let right = binding(&family);
    let wrong = [
        Binding { family: &other, ..right },
        Binding { kind: SealKind::NodeBody, ..right },
        Binding { codec: Codec::Raw, ..right },
        Binding { raw_length: 78, ..right },
        Binding { id: &[7; 32], ..right },
    ];
    let mut out = b"kept".to_vec();
    for wrong in wrong {
        assert_eq!(open(&key, &wrong, &sealed, &mut out), Err(BrokenSeal));
    }
    assert_eq!(open(&Key::new([8; 32]), &right, &sealed, &mut out), Err(BrokenSeal));
    assert_eq!(out, b"kept");
    assert_eq!(open(&key, &right, &sealed, &mut out), Ok(()));
    assert_eq!(out, b"keptcontent");
}

#[test]
fn each_bit_matters() {
    let family = FamilyId([1; 16]);
    let key = Key::new([9; 32]);
    let mut sealed = Vec::new();
    seal(&key, &binding(&family), [5; 24], b"content", &mut sealed);
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&key, &binding(&family), &changed, &mut Vec::new()).is_err(), "{bit}");
    }
    for length in 0..sealed.len() {
        assert!(open(&key, &binding(&family), &sealed[..length], &mut Vec::new()).is_err(), "{length}");
    }
}

proptest! {
    #[test]
    fn both_crates_give_the_same_bytes(
        key: [u8; 32],
        nonce: [u8; 24],
        content in proptest::collection::vec(any::<u8>(), 0..5000),
    ) {
        let family = FamilyId([1; 16]);
        let key = Key::new(key);
        let mut sealed = Vec::new();
        seal(&key, &binding(&family), nonce, &content, &mut sealed);
        prop_assert_eq!(&sealed, &by_rustcrypto(&key, &binding(&family), nonce, &content));
        let mut opened = Vec::new();
        prop_assert_eq!(open(&key, &binding(&family), &sealed, &mut opened), Ok(()));
        prop_assert_eq!(opened, content);
    }
}
