//! Compares checksums that come with an answer with its body.
//!
//! S3 sends the checksum an object was stored with, DynamoDB one of each answer. The CRCs are computed here.
//! SHA-1, SHA-256, MD5 and XXHash are not: they come only with objects that somebody stored with them, and TLS
//! has already seen to it that nothing changed on the way. A checksum over the checksums of parts (it ends in
//! `-3` or the like) cannot be compared with the body, and neither can the one of a range.

use super::Response;
use super::damage::Damage;
use crate::model::{Operation, Service};
use crate::value::decode;

pub(super) fn check(service: &Service, operation: &Operation, response: &Response<'_>) -> Result<(), Damage> {
    if response
        .header("content-encoding")
        .is_some_and(|encoding| encoding != "identity" && encoding != "aws-chunked")
        && service.metadata().is("DynamoDB")
    {
        return Ok(());
    }
    if service.metadata().is("DynamoDB")
        && let Some(expected) =
            response.header("x-amz-crc32").and_then(|text| text.trim().parse::<u32>().ok())
    {
        return same(expected == crc32fast::hash(response.body), "x-amz-crc32");
    }
    if operation.checksum.validation_member.is_none() || response.status != 200 {
        return Ok(());
    }
    for (header, compute) in ALGORITHMS {
        let Some(text) = response.header(header).filter(|text| !text.contains('-')) else { continue };
        let Some(expected) = decode(text) else {
            return Err(Damage::new(format!("the checksum in `{header}` is not base64")));
        };
        return same(expected == compute(response.body), header);
    }
    Ok(())
}

fn same(is_same: bool, header: &str) -> Result<(), Damage> {
    if is_same {
        Ok(())
    } else {
        Err(Damage::new(format!("the body does not have the checksum in `{header}`")))
    }
}

/// Big-endian bytes of a checksum.
type Algorithm = fn(&[u8]) -> Vec<u8>;

const ALGORITHMS: &[(&str, Algorithm)] = &[
    ("x-amz-checksum-crc64nvme", |body| CRC64_NVME.of(body).to_be_bytes().to_vec()),
    ("x-amz-checksum-crc32", |body| crc32fast::hash(body).to_be_bytes().to_vec()),
    ("x-amz-checksum-crc32c", |body| crc32c(body).to_be_bytes().to_vec()),
];

/// A cyclic redundancy check whose bits run backwards, as a table of what each byte adds.
struct Crc {
    table: [u64; 256],
    ones: u64,
}

/// CRC-32C (Castagnoli) and CRC-64/NVME, by their reversed polynomials.
static CRC32C: Crc = Crc::new(0x82F6_3B78, u32::MAX as u64);
static CRC64_NVME: Crc = Crc::new(0x9A6C_9329_AC4B_C9B5, u64::MAX);

impl Crc {
    const fn new(polynomial: u64, ones: u64) -> Self {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut rest = byte as u64;
            let mut bit = 0;
            while bit < 8 {
                rest = if rest & 1 == 1 { rest >> 1 ^ polynomial } else { rest >> 1 };
                bit += 1;
            }
            #[expect(clippy::indexing_slicing, reason = "the loop ends at the length of the table")]
            {
                table[byte] = rest;
            }
            byte += 1;
        }
        Self { table, ones }
    }

    fn of(&self, bytes: &[u8]) -> u64 {
        let fold = |sum: u64, byte: &u8| {
            let index = usize::from(sum.to_le_bytes().first().copied().unwrap_or_default() ^ byte);
            sum >> 8 ^ self.table.get(index).copied().unwrap_or_default()
        };
        bytes.iter().fold(self.ones, fold) ^ self.ones
    }
}

fn crc32c(bytes: &[u8]) -> u32 {
    u32::try_from(CRC32C.of(bytes)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_of_the_nine_digits_are_the_published_ones() {
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(CRC64_NVME.of(b"123456789"), 0xAE8B_1486_0A79_9888);
    }
}
