//! [`Resources`] holds the facts last collected.

use super::samples::{account, resource};
use crate::port::{Resources, Swept};

/// Holds for every resource store.
pub async fn resources(store: &dyn Resources) {
    let (ours, theirs) = ("111122223333", "444455556666");
    let (empty, nothing) = store.fingerprint().await.unwrap();
    assert_eq!(empty, 0);
    let first = [resource("arn:a", ours), resource("arn:b", ours), resource("arn:c", theirs)];
    store.put("run-1", &first).await.unwrap();
    let all = store.page(None, 10).await.unwrap();
    assert_eq!(all.items, first, "in order of id, as put");
    let page = store.page(None, 2).await.unwrap();
    assert_eq!(page.items.len(), 2);
    assert_eq!(store.page(page.next.as_deref(), 2).await.unwrap().items, first[2..]);

    let twin = resource("arn:a", theirs);
    store.put("run-1", std::slice::from_ref(&twin)).await.unwrap();
    let both = store.page(None, 2).await.unwrap();
    assert_eq!(both.items, [first[0].clone(), twin], "one ARN in two accounts is two resources");
    assert_eq!(store.page(both.next.as_deref(), 2).await.unwrap().items, first[1..]);

    let (count, before) = store.fingerprint().await.unwrap();
    assert_eq!(count, 4);
    assert_ne!(before, nothing);
    store.put("run-1", &first).await.unwrap();
    assert_eq!(store.fingerprint().await.unwrap(), (4, before), "the same facts have the same fingerprint");

    let mut changed = resource("arn:a", ours);
    changed.document = serde_json::json!({"Name": "changed"});
    store.put("run-2", std::slice::from_ref(&changed)).await.unwrap();
    assert_ne!(store.fingerprint().await.unwrap().1, before);
    let everywhere = |owner: &str| Swept { account: account(owner), regions: None };
    let elsewhere = Swept { account: account(ours), regions: Some(vec!["eu-west-1".to_owned()]) };
    assert_eq!(store.sweep("run-2", &[elsewhere], &[]).await.unwrap(), 0, "other regions stay");
    let others = store.sweep("run-2", &[everywhere(ours)], &["AWS::EC2::Volume"]).await.unwrap();
    assert_eq!(others, 0, "other types stay");
    let gone =
        store.sweep("run-2", &[everywhere(ours)], &["AWS::S3::Bucket", "AWS::EC2::Volume"]).await.unwrap();
    assert_eq!(gone, 1, "what the run did not see is gone");
    store.put("run-1", &[resource("arn:b", ours)]).await.unwrap();
    let here = Swept { account: account(ours), regions: Some(vec!["global".to_owned()]) };
    assert_eq!(store.sweep("run-2", &[here], &[]).await.unwrap(), 1, "no type means all");
    let left = store.page(None, 10).await.unwrap().items;
    assert_eq!(left, [changed, resource("arn:a", theirs), resource("arn:c", theirs)], "other accounts stay");
}
