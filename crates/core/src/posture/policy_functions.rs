//! What rules may ask about policies: `grants_admin`, `is_public` and their kin, answered by evaluating the document.
//!
//! Each is yes, no, or an error that makes the verdict unknown: a document that cannot be read, or a question
//! nobody can decide, is neither.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use cel::{Context, ExecutionError, Value};
use provost_iam::can::{Answer, Query, Requirement};
use provost_iam::decide::Engine;
use provost_iam::facts::{Facts, Kind, Setting};
use provost_iam::guard::{NeverAllows, Proof};
use provost_iam::layers::Layers;
use provost_iam::principal::Principal;
use provost_iam::{Condition, Effect, Matching, Policy, Principals, Statement};

/// How many documents are remembered at a time: those of one resource are asked about by several rules in turn.
const REMEMBERED: usize = 64;

/// An account that stands for the holder's own where the document does not tell.
const SOME_ACCOUNT: &str = "111122223333";

/// Conditions on these keys say who asks, or from where. A policy that lets in anybody who meets one is not
/// public: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>,
/// <https://docs.aws.amazon.com/efs/latest/ug/access-control-block-public-access.html>.
const NARROWING: [&str; 19] = [
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalservicename",
    "aws:sourceip",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "elasticfilesystem:accessedviamounttarget",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "lambda:eventsourcetoken",
];

/// What documents mean, remembered for the rules that ask the same again.
#[derive(Debug, Default)]
pub(super) struct PolicyFacts {
    known: Mutex<HashMap<String, Arc<Facts>>>,
}

/// Adds the functions to CEL's.
pub(super) fn add_to(context: &mut Context<'static, 'static>, facts: &Arc<PolicyFacts>) {
    let ask = |question: fn(&Facts) -> &Answer, name: &'static str| {
        let facts = Arc::clone(facts);
        move |document: Value| decided(name, question(&*facts.of(name, &document, None)?))
    };
    let mut added =
        context.add_function("grants_admin", ask(|facts| &facts.grants_admin, "grants_admin")).is_ok();
    let any_identity = ask(|facts| &facts.federation.answer, "trusts_any_identity");
    added &= context.add_function("trusts_any_identity", any_identity).is_ok();
    let own = Arc::clone(facts);
    added &= context.add_function("is_public", move |document: Value| own.is_public(&document)).is_ok();
    let own = Arc::clone(facts);
    added &= context.add_function("escalates", move |document: Value| own.escalates(&document)).is_ok();
    let own = Arc::clone(facts);
    let cross_account = move |document: Value, account: Arc<String>| {
        let facts = own.of("is_cross_account", &document, Some(&account))?;
        decided("is_cross_account", &facts.trust.answer)
    };
    added &= context.add_function("is_cross_account", cross_account).is_ok();
    let allows_one = |document: Value, action: Arc<String>| allows(&document, &action, &[]);
    added &= context.add_function("allows", allows_one).is_ok();
    let allows_on = |document: Value, action: Arc<String>, resource: Arc<String>| {
        allows(&document, &action, &[resource.to_string()])
    };
    added &= context.add_function("allows_on", allows_on).is_ok();
    added &=
        context.add_function("denies_insecure_transport", |document: Value| secure_only(&document)).is_ok();
    debug_assert!(added, "CEL's standard library has none of these");
}

impl PolicyFacts {
    fn of(
        &self,
        function: &str,
        document: &Value,
        account: Option<&str>,
    ) -> Result<Arc<Facts>, ExecutionError> {
        let json = json(function, document)?;
        let key = format!("{} {json}", account.unwrap_or_default());
        Ok(self.remembered(key, &policy(function, &json)?, account))
    }

    fn remembered(&self, key: String, policy: &Policy, account: Option<&str>) -> Arc<Facts> {
        if let Some(known) = self.known().get(&key) {
            return Arc::clone(known);
        }
        let facts = Arc::new(Facts::of(policy, &Setting { kind: None, account }));
        let mut known = self.known();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key, Arc::clone(&facts));
        facts
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Facts>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Each statement that allows is asked by itself, with all that deny: of several ways in, the engine names the
    /// one with the fewest conditions, and another may be the open one.
    fn is_public(&self, document: &Value) -> Result<bool, ExecutionError> {
        let json = json("is_public", document)?;
        let key = format!("public {json}");
        let policy = without_ids(policy("is_public", &json)?);
        let (allows, denies): (Vec<_>, Vec<_>) =
            policy.statements.iter().cloned().partition(|statement| statement.effect == Effect::Allow);
        let mut undecided = Ok(false);
        for (number, allow) in allows.into_iter().enumerate() {
            let statements = std::iter::once(allow).chain(denies.iter().cloned()).collect();
            let alone = Policy { statements, ..policy.clone() };
            let facts = self.remembered(format!("{number} {key}"), &alone, None);
            match &facts.public {
                Answer::YesIf(conditions, _) if conditions.iter().any(narrows) => {}
                Answer::Yes(_) | Answer::YesIf(..) => return Ok(true),
                Answer::No => {}
                Answer::Unknown(why) => undecided = Err(ExecutionError::function_error("is_public", why)),
            }
        }
        undecided
    }

    fn escalates(&self, document: &Value) -> Result<bool, ExecutionError> {
        let facts = self.of("escalates", document, None)?;
        let escalations = &facts.escalations;
        if !escalations.escalation.is_empty() {
            return Ok(true);
        }
        if facts.kind == Kind::Identity && !escalations.undecided.is_empty() {
            return Err(ExecutionError::function_error("escalates", "it cannot be decided"));
        }
        Ok(false)
    }
}

/// Whether a condition says who asks, or from where, and not nearly everybody or from nearly everywhere. A condition
/// that is met where its key is missing, or by all but a few, says neither.
fn narrows(requirement: &Requirement) -> bool {
    let Condition { operator, key, values } = &requirement.condition;
    let operator = operator.strip_prefix("ForAnyValue:").unwrap_or(operator).to_ascii_lowercase();
    let key = key.to_ascii_lowercase();
    requirement.holds
        && NARROWING.contains(&key.as_str())
        && POSITIVE.contains(&operator.as_str())
        && !values.is_empty()
        && values.iter().all(|value| is_narrow(&key, value))
}

/// The operators that hold for what is named and for nothing else.
const POSITIVE: [&str; 7] =
    ["stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress", "bool"];

/// Whether a value of such a condition names somebody or some place: an account, an organization, a network.
fn is_narrow(key: &str, value: &str) -> bool {
    let is_wild = |text: &str| text.is_empty() || text.contains(['*', '?', '$']);
    match key {
        "aws:sourceip" => match value.split_once('/') {
            Some((_, bits)) => bits.parse::<u8>().is_ok_and(|bits| bits >= 8),
            None => !is_wild(value),
        },
        "elasticfilesystem:accessedviamounttarget" => value.eq_ignore_ascii_case("true"),
        // The organization, or the id of a role, is what comes first.
        "aws:principalorgpaths" | "aws:sourceorgpaths" => {
            !is_wild(value.split('/').next().unwrap_or_default())
        }
        "aws:userid" => !is_wild(value.split(':').next().unwrap_or_default()),
        _ if value.starts_with("arn:") => {
            let part = |number: usize| value.split(':').nth(number).unwrap_or_default();
            // Buckets are named without an account, and each name is there once.
            let is_bucket = part(2) == "s3" && part(4).is_empty() && !is_wild(part(5));
            is_bucket || (part(4).len() == 12 && !is_wild(part(4)))
        }
        _ => !is_wild(value),
    }
}

/// The policy without the principals that stand there by an id of theirs (`AROA...`): AWS leaves the id where
/// somebody was deleted, and nobody else ever has it.
fn without_ids(mut policy: Policy) -> Policy {
    let is_id = |value: &str| ["AIDA", "AROA", "AGPA", "ANPA"].iter().any(|kind| value.starts_with(kind));
    policy.statements.retain_mut(|statement| match &mut statement.principals {
        Some(Matching::Only(Principals::Listed(named))) if !named.is_empty() => {
            named.retain(|(_, value)| !is_id(value));
            !named.is_empty()
        }
        _ => true,
    });
    policy
}

/// Whether a policy of a user, group or role allows an action on one of the resources; on any, if none is given.
fn allows(document: &Value, action: &str, resources: &[String]) -> Result<bool, ExecutionError> {
    let policy = policy("allows", &json("allows", document)?)?;
    // Keys and roles leave it to the policies of their account only if they say so.
    let consent = lets_in(Principals::Listed(vec![("AWS".to_owned(), SOME_ACCOUNT.to_owned())]));
    let layers = Layers { identity: vec![policy], resource: Some(vec![consent]), ..Layers::default() };
    let engine = Engine::new(&layers);
    let caller = Principal::Role {
        arn: format!("arn:aws:iam::{SOME_ACCOUNT}:role/example"),
        account: SOME_ACCOUNT.to_owned(),
        session: Some("session".to_owned()),
    };
    decided("allows", &engine.can(&Query { resources, ..Query::new(&caller, action) }))
}

/// Whether the policy of a resource denies every request without TLS, whoever asks and whatever else allows it.
fn secure_only(document: &Value) -> Result<bool, ExecutionError> {
    const NAME: &str = "denies_insecure_transport";
    let policy = policy(NAME, &json(NAME, document)?)?;
    // The proof is dear, and most policies do not even try.
    let may_deny = |statement: &Statement| {
        let asks = |condition: &Condition| condition.key.eq_ignore_ascii_case("aws:SecureTransport");
        statement.effect == Effect::Deny
            && (statement.conditions.is_empty() || statement.conditions.iter().any(asks))
    };
    if !policy.statements.iter().any(may_deny) {
        return Ok(false);
    }
    let (services, resources) = reach(&policy);
    if services.is_empty() {
        return Err(ExecutionError::function_error(NAME, "the policy does not say what it is attached to"));
    }
    // What is denied beside this is denied to all.
    let layers = Layers { resource: Some(vec![policy, lets_in(Principals::Everyone)]), ..Layers::default() };
    let secure = Condition {
        operator: "Bool".to_owned(),
        key: "aws:SecureTransport".to_owned(),
        values: vec!["true".to_owned()],
    };
    let promise = NeverAllows {
        actions: services.iter().map(|service| format!("{service}:*")).collect(),
        resources,
        unless: vec![secure],
        ..NeverAllows::default()
    };
    match promise.prove(&layers) {
        Proof::Holds { .. } => Ok(true),
        Proof::Broken(_) => Ok(false),
        Proof::Unknown(why) => Err(ExecutionError::function_error(NAME, why)),
    }
}

/// The services a policy is about, and the resources: those it denies, and what is inside them. No resource: any.
fn reach(policy: &Policy) -> (BTreeSet<String>, Vec<String>) {
    let services_of = |statement: &Statement| -> BTreeSet<String> {
        let arns = resources_of(statement).iter().filter_map(|text| text.split(':').nth(2));
        let actions = match &statement.actions {
            Matching::Only(actions) | Matching::AllBut(actions) => actions,
        };
        let prefixes = actions.iter().filter_map(|action| action.split_once(':').map(|(service, _)| service));
        let named = arns.chain(prefixes).map(str::to_ascii_lowercase);
        named.filter(|service| !service.is_empty() && !service.contains('*')).collect()
    };
    let denies: Vec<&Statement> =
        policy.statements.iter().filter(|statement| statement.effect == Effect::Deny).collect();
    let mut services: BTreeSet<String> = denies.iter().flat_map(|deny| services_of(deny)).collect();
    if services.is_empty() && !denies.is_empty() {
        // `Deny * on *` does not say what it is attached to; what is allowed beside it may.
        services = policy.statements.iter().flat_map(services_of).collect();
    }
    let mut resources = BTreeSet::new();
    for text in denies.iter().flat_map(|deny| resources_of(deny)) {
        // A bucket and its objects are named apart, and one policy has to speak of both.
        if text.starts_with("arn:") && text.split(':').nth(2) == Some("s3") {
            let bucket = text.strip_suffix("/*").unwrap_or(text);
            resources.extend([bucket.to_owned(), format!("{bucket}/*")]);
        } else if text != "*" {
            resources.insert(text.clone());
        }
    }
    (services, resources.into_iter().collect())
}

fn resources_of(statement: &Statement) -> &[String] {
    match &statement.resources {
        Some(Matching::Only(texts)) => texts,
        Some(Matching::AllBut(_)) | None => &[],
    }
}

/// A resource's policy that lets these do everything.
fn lets_in(principals: Principals) -> Policy {
    let all = || vec!["*".to_owned()];
    let statement = Statement {
        sid: None,
        effect: Effect::Allow,
        actions: Matching::Only(all()),
        resources: Some(Matching::Only(all())),
        principals: Some(Matching::Only(principals)),
        conditions: Vec::new(),
    };
    Policy { version: Some("2012-10-17".to_owned()), id: None, statements: vec![statement] }
}

fn decided(function: &str, answer: &Answer) -> Result<bool, ExecutionError> {
    match answer {
        Answer::Yes(_) | Answer::YesIf(..) => Ok(true),
        Answer::No => Ok(false),
        Answer::Unknown(why) => Err(ExecutionError::function_error(function, why)),
    }
}

fn json(function: &str, document: &Value) -> Result<serde_json::Value, ExecutionError> {
    let json = document.json();
    json.map_err(|_| ExecutionError::function_error(function, "it is no document"))
}

fn policy(function: &str, document: &serde_json::Value) -> Result<Policy, ExecutionError> {
    let policy = match document {
        serde_json::Value::String(text) => Policy::parse(text).or_else(|error| unescaped(text).ok_or(error)),
        other => Policy::from_value(other),
    };
    // The error may quote the document, which is nobody's business here.
    policy.map_err(|_| ExecutionError::function_error(function, "the policy cannot be read"))
}

/// API Gateway hands out its policies with the quotes and slashes still escaped: `{\"Version\":...`.
fn unescaped(text: &str) -> Option<Policy> {
    let inner: String = serde_json::from_str(&format!("\"{text}\"")).ok()?;
    Policy::parse(&inner).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(expression: &str) -> Result<bool, String> {
        let mut context = Context::default();
        add_to(&mut context, &Arc::default());
        let program = cel::Program::compile(expression).unwrap();
        match program.execute(&context) {
            Ok(Value::Bool(answer)) => Ok(answer),
            other => Err(format!("{other:?}")),
        }
    }

    fn allow(action: &str, more: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"{more}}}]}}"#
        )
    }

    #[test]
    fn documents_are_evaluated_as_text_and_as_objects() {
        assert_eq!(ask(&format!("grants_admin('{}')", allow("*", ""))), Ok(true));
        assert_eq!(ask(&format!("grants_admin({})", allow("*", ""))), Ok(true));
        assert_eq!(ask(&format!("grants_admin({})", allow("s3:*", ""))), Ok(false));
        assert_eq!(ask(&format!("escalates({})", allow("iam:CreateAccessKey", ""))), Ok(true));
        assert_eq!(ask(&format!("escalates({})", allow("s3:GetObject", ""))), Ok(false));
        assert_eq!(ask(&format!("allows({}, 'kms:Decrypt')", allow("kms:*", ""))), Ok(true));
        assert_eq!(ask(&format!("allows({}, 'kms:Decrypt')", allow("s3:*", ""))), Ok(false));
        let on = "allows_on({'Version':'2012-10-17','Statement':[{'Effect':'Allow','Action':'s3:GetObject','Resource':'arn:aws:s3:::a/*'}]}, 's3:GetObject', 'arn:aws:s3:::b/x')";
        assert_eq!(ask(on), Ok(false));
        let escaped = allow("*", "").replace('"', "\\\\\"");
        assert_eq!(ask(&format!("grants_admin('{escaped}')")), Ok(true), "{escaped}");
        assert!(ask("grants_admin('{')").unwrap_err().contains("cannot be read"));
        assert!(ask("is_public(3)").is_err());
    }

    #[test]
    fn a_policy_that_lets_in_anybody_is_public_unless_it_says_who_or_from_where() {
        let check = |principal: &str, condition: &str, expect: bool| {
            let document = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"{condition}}}]}}"#
            );
            assert_eq!(ask(&format!("is_public({document})")), Ok(expect), "{document}");
        };
        check("\"*\"", "", true);
        check(r#"{"AWS":"*"}"#, "", true);
        check(r#"{"AWS":"444455556666"}"#, "", false);
        check("\"*\"", r#","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#, true);
        check("\"*\"", r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abcdef1234"}}"#, false);
        check("\"*\"", r#","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, false);
        check("\"*\"", r#","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}"#, true);
        check("\"*\"", r#","Condition":{"StringLike":{"aws:Referer":"https://example.com/*"}}"#, true);
        check("\"*\"", r#","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}"#, false);
        // What is met by nearly everybody, or without the key, says neither who nor from where.
        for open in [
            r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-abcdef1234"}}"#,
            r#"{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-abcdef1234"}}"#,
            r#"{"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"}}"#,
            r#"{"StringLike":{"aws:PrincipalOrgID":"o-*"}}"#,
            r#"{"StringLike":{"aws:PrincipalAccount":"*"}}"#,
            r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}"#,
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:*"}}"#,
            r#"{"Null":{"aws:PrincipalOrgID":"false"}}"#,
        ] {
            check("\"*\"", &format!(r#","Condition":{open}"#), true);
        }
        for closed in [
            r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/*"}}"#,
            r#"{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-abcdef1234/r-ab12/*"}}"#,
        ] {
            check("\"*\"", &format!(r#","Condition":{closed}"#), false);
        }
        check(r#"{"AWS":"AROAEXAMPLEDELETED001"}"#, "", false);
        // The open statement counts, whatever stands before it.
        let both = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}},
            {"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"Bool":{"aws:SecureTransport":"true"},"StringLike":{"aws:Referer":"https://example.com/*"}}}]}"#;
        assert_eq!(ask(&format!("is_public({})", both.replace('\n', " "))), Ok(true));
    }

    #[test]
    fn another_account_is_told_from_the_own() {
        let check = |principal: &str, expect: bool| {
            let document = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"sqs:SendMessage","Resource":"arn:aws:sqs:eu-central-1:111122223333:q"}}]}}"#
            );
            assert_eq!(
                ask(&format!("is_cross_account({document}, '111122223333')")),
                Ok(expect),
                "{document}"
            );
        };
        check(r#"{"AWS":"arn:aws:iam::111122223333:root"}"#, false);
        check(r#"{"AWS":"arn:aws:iam::444455556666:role/x"}"#, true);
        check(r#"{"Service":"sns.amazonaws.com"}"#, false);
        check("\"*\"", true);
    }

    #[test]
    fn all_without_tls_must_be_denied_to_all() {
        let check = |resource: &str, principal: &str, action: &str, condition: &str, expect: bool| {
            let document = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":{principal},"Action":"{action}","Resource":{resource},"Condition":{condition}}}]}}"#
            );
            assert_eq!(ask(&format!("denies_insecure_transport({document})")), Ok(expect), "{document}");
        };
        let both = r#"["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#;
        let insecure = r#"{"Bool":{"aws:SecureTransport":"false"}}"#;
        check(both, "\"*\"", "s3:*", insecure, true);
        check(both, r#"{"AWS":"*"}"#, "*", insecure, true);
        check(both, "\"*\"", "s3:*", r#"{"BoolIfExists":{"aws:SecureTransport":"false"}}"#, true);
        check(both, "\"*\"", "s3:*", r#"{"NumericLessThan":{"s3:TlsVersion":"1.2"}}"#, false);
        check(both, "\"*\"", "s3:GetObject", insecure, false);
        check(both, r#"{"AWS":"arn:aws:iam::444455556666:root"}"#, "s3:*", insecure, false);
        check(r#"["arn:aws:s3:::b/*"]"#, "\"*\"", "s3:*", insecure, false);
        let files =
            r#""arn:aws:elasticfilesystem:eu-central-1:111122223333:file-system/fs-0a1b2c3d4e5f60001""#;
        check(files, r#"{"AWS":"*"}"#, "*", insecure, true);
        let topic = r#""arn:aws:sns:eu-central-1:111122223333:t""#;
        check(topic, "\"*\"", "sns:Publish", insecure, false);
        assert_eq!(ask(&format!("denies_insecure_transport({})", allow("s3:*", ""))), Ok(false));
    }
}
