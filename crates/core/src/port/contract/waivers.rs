//! [`Waivers`] remembers who accepted what.

use crate::port::Waivers;
use crate::waiver::WaiverFile;

/// Holds for every waiver store.
pub async fn waivers(store: &dyn Waivers) {
    let entry = |id: &str, owner: &str| {
        let text =
            format!("waivers: [{{id: {id}, rule: r, reason: x, owner: {owner}, expires: 2026-12-31}}]");
        WaiverFile::parse(&text).unwrap().waivers.remove(0)
    };
    store.put(&[entry("b", "anna"), entry("a", "anna")]).await.unwrap();
    store.put(&[entry("b", "bert")]).await.unwrap();
    assert_eq!(store.list().await.unwrap(), [entry("a", "anna"), entry("b", "bert")]);
}
