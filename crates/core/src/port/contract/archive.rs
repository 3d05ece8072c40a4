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
}
