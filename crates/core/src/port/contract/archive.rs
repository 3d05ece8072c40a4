//! [`Archive`] keeps what it is given, under its digest.

use crate::model::Digest;
use crate::port::Archive;

/// Holds for every archive.
pub async fn archive(archive: &dyn Archive) {
    let large = vec![7; 3_000_000];
    for bytes in [b"".as_slice(), b"abc", &large] {
        let digest = archive.put(bytes).await.unwrap();
        assert_eq!(digest, Digest::of(bytes), "the digest is that of the bytes");
        assert_eq!(archive.put(bytes).await.unwrap(), digest, "putting again changes nothing");
        assert_eq!(archive.get(&digest).await.unwrap().as_deref(), Some(bytes));
    }
    let absent = Digest::of(b"never put");
    assert_eq!(archive.get(&absent).await.unwrap(), None, "what was never put is not there");
    archive.remove(&absent).await.unwrap();

    let digest = Digest::of(b"abc");
    archive.remove(&digest).await.unwrap();
    assert_eq!(archive.get(&digest).await.unwrap(), None, "what is removed is gone");

    let pieces = [b"one".to_vec(), b"".to_vec(), b"two".to_vec(), b"one".to_vec()];
    for _ in 0..2 {
        let digests = archive.put_all(&pieces).await.unwrap();
        assert_eq!(digests, pieces.each_ref().map(|bytes| Digest::of(bytes)), "in the order given");
        for (digest, bytes) in digests.iter().zip(&pieces) {
            assert_eq!(archive.get(digest).await.unwrap().as_ref(), Some(bytes));
        }
    }
    assert!(archive.put_all(&[]).await.unwrap().is_empty());
    archive.remove(&Digest::of(b"one")).await.unwrap();
    assert_eq!(archive.get(&Digest::of(b"one")).await.unwrap(), None, "one of many can be forgotten");
    assert_eq!(
        archive.get(&Digest::of(b"two")).await.unwrap().as_deref(),
        Some(b"two".as_slice()),
        "and the others stay"
    );
    archive.remove(&Digest::of(b"two")).await.unwrap();
    archive.put_all(&pieces).await.unwrap();
    assert_eq!(
        archive.get(&Digest::of(b"two")).await.unwrap().as_deref(),
        Some(b"two".as_slice()),
        "and come back"
    );
}
