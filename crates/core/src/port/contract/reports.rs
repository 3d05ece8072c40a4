//! [`Reports`] shows whole objects alone.

use crate::port::Reports;

const KEY: &str = "compliance-reports/2026/11/22/report-20261122T060000.000Z.json";

/// Holds for every place of reports. `read` gives the object under a key, if there is one.
pub async fn reports(reports: &dyn Reports, read: impl AsyncFn(&str) -> Option<Vec<u8>>) {
    let mut writer = reports.begin(KEY).await.unwrap();
    writer.write(b"{\"one\": ").await.unwrap();
    assert_eq!(read(KEY).await, None, "half an object is none");
    writer.write(b"1}").await.unwrap();
    writer.finish().await.unwrap();
    assert_eq!(read(KEY).await.as_deref(), Some(b"{\"one\": 1}".as_slice()));

    let mut writer = reports.begin(KEY).await.unwrap();
    writer.write(&vec![b'x'; 20_000_000]).await.unwrap();
    writer.abandon().await;
    assert_eq!(read(KEY).await.as_deref(), Some(b"{\"one\": 1}".as_slice()), "given up, nothing is replaced");

    // Larger than what is held in memory, in pieces of all sizes.
    let mut writer = reports.begin(KEY).await.unwrap();
    let mut expect = Vec::new();
    for (number, size) in (0_u8..).zip([1, 9_000_000, 0, 17, 8_388_608, 3_000_000]) {
        let piece = vec![number; size];
        writer.write(&piece).await.unwrap();
        expect.extend(piece);
    }
    writer.finish().await.unwrap();
    assert!(read(KEY).await.as_ref() == Some(&expect), "the same key again replaces");
    assert_eq!(read("compliance-reports/2026/11/22/other.json").await, None);
    assert!(reports.link(KEY).contains("report-20261122T060000.000Z.json"), "{}", reports.link(KEY));

    let writer = reports.begin("compliance-reports/empty.json").await.unwrap();
    writer.finish().await.unwrap();
    assert_eq!(read("compliance-reports/empty.json").await, Some(Vec::new()));
}
