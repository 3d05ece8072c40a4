//! The words of the AWS CLI, which people know: `s3api get-bucket-encryption` is `GetBucketEncryption` of `s3`.

use crate::model::Service;

/// Services that the AWS CLI calls otherwise than the public models do: its word, their name.
const SERVICES: &[(&str, &str)] = &[
    ("configservice", "config"),
    ("deploy", "codedeploy"),
    ("runtime.sagemaker", "sagemaker-runtime"),
    ("s3api", "s3"),
];

/// Words that are one although their letters say otherwise, and how they are cut. The CLI keeps a list of whole
/// operations; that these words give the same for all operations of the 439 services of botocore 1.44.5 was
/// checked.
const WORDS: &[(&str, &str)] = &[
    ("ListHITsFor", "ListHitsFor"),
    // But `CreateOAuth2TokenWithTokenExchange` came later, and is cut by its letters.
    ("OAuth2TokenWithIAM", "Oauth2TokenWithIAM"),
    ("OTelEnrichment", "OtelEnrichment"),
    ("PartiQL", "Partiql"),
    ("WhatsApp", "Whatsapp"),
    ("iSCSI", "Iscsi"),
];

/// The name in the public models of a service that the AWS CLI calls so: `s3api` is `s3`.
pub fn service_of_cli(name: &str) -> &str {
    SERVICES.iter().find(|(cli, _)| *cli == name).map_or(name, |(_, service)| service)
}

/// How the AWS CLI writes an operation: `GetBucketEncryption` is `get-bucket-encryption`, and
/// `DescribeDBInstances` is `describe-db-instances`.
pub fn cli_name_of_operation(operation: &str) -> String {
    if operation.contains('-') {
        return operation.to_owned();
    }
    if operation == "CreateOAuth2Token" {
        return "create-oauth2-token".to_owned();
    }
    let mut name = operation.to_owned();
    for (word, one) in WORDS {
        name = name.replace(word, one);
    }
    let letters: Vec<char> = plural_apart(&name).chars().collect();
    capitals_apart(&words_apart(&letters)).to_ascii_lowercase()
}

/// The operation of a service that the AWS CLI writes so.
pub fn operation_of_cli<'s>(service: &'s Service, cli: &str) -> Option<&'s str> {
    service.operations().find(|operation| cli_name_of_operation(operation) == cli)
}

/// `ListWebACLs` ends in one word, not in `AC` and `Ls`.
fn plural_apart(name: &str) -> String {
    let Some(singular) = name.strip_suffix('s') else { return name.to_owned() };
    let before = singular.trim_end_matches(|letter: char| letter.is_ascii_uppercase());
    match singular.strip_prefix(before) {
        Some(acronym) if acronym.len() >= 2 => format!("{before}-{}s", acronym.to_ascii_lowercase()),
        _ => name.to_owned(),
    }
}

/// A hyphen before each capital that small letters follow.
fn words_apart(letters: &[char]) -> Vec<char> {
    let mut apart = Vec::with_capacity(letters.len() + 8);
    let mut rest = letters;
    while let [first, after @ ..] = rest {
        apart.push(*first);
        rest = after;
        if let [capital, small, ..] = after
            && capital.is_ascii_uppercase()
            && small.is_ascii_lowercase()
        {
            apart.extend(['-', *capital]);
            let tail = after.get(1..).unwrap_or_default();
            let end = tail.iter().position(|letter| !letter.is_ascii_lowercase()).unwrap_or(tail.len());
            let (word, after) = tail.split_at(end);
            apart.extend(word);
            rest = after;
        }
    }
    apart
}

/// A hyphen between a small letter or a digit and a capital.
fn capitals_apart(letters: &[char]) -> String {
    let mut apart = String::with_capacity(letters.len() + 4);
    let mut is_low = false;
    for letter in letters {
        if is_low && letter.is_ascii_uppercase() {
            apart.push('-');
        }
        is_low = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        apart.push(*letter);
    }
    apart
}

/// At most three names that resemble one: that which the AWS CLI means, those with the fewest letters to change,
/// those that are part of it or it of them.
pub(crate) fn near<'n>(name: &str, among: impl Iterator<Item = &'n str>) -> Vec<String> {
    let name = name.to_ascii_lowercase();
    let meant = service_of_cli(&name);
    let most = 2.min(name.len() / 2);
    let mut near: Vec<(usize, &str)> = Vec::new();
    for candidate in among {
        let distance = if candidate == meant { 0 } else { distance(&name, candidate) };
        let is_part =
            candidate.len().min(name.len()) > 2 && (candidate.contains(&name) || name.contains(candidate));
        if distance <= most {
            near.push((distance, candidate));
        } else if is_part {
            near.push((most + 1, candidate));
        }
    }
    let fewest = near.iter().map(|(distance, _)| *distance).min().unwrap_or_default();
    near.retain(|(distance, _)| *distance == fewest || *distance > most);
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().take(3).map(|(_, candidate)| candidate.to_owned()).collect()
}

/// How many letters must be changed, added or removed to make one of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, letter) in one.bytes().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        let mut next = vec![left];
        for (wanted, up) in other.bytes().zip(row.iter().skip(1)) {
            left = (left + 1).min(up + 1).min(diagonal + usize::from(letter != wanted));
            diagonal = *up;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
