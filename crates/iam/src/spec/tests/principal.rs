//! Principals: section 2.3 of the page.

use serde_json::{Value, json};

use super::{FEDERATED_USER, ROLE, SESSION, USER, allow, answer, ask, bucket, by, check, deny};

#[test]
fn names_of_users_and_roots() {
    let denied = "implicit_deny identity";
    assert_eq!(bucket(json!({"AWS": USER}), json!(USER)), "allow");
    assert_eq!(bucket(json!({"AWS": "arn:aws:iam::111122223333:user/ann"}), json!(USER)), denied);
    assert_eq!(bucket(json!({"AWS": USER.to_uppercase()}), json!(USER)), "undetermined");
    assert_eq!(bucket(json!("*"), json!(USER)), "allow");
    assert_eq!(bucket(json!({"AWS": "*"}), json!(USER)), "allow");
    assert_eq!(bucket(json!({"Service": "*", "Federated": "*"}), json!(USER)), denied);
    // The account leaves it to the identity policies.
    assert_eq!(bucket(json!({"AWS": "111122223333"}), json!(USER)), denied);
    assert_eq!(bucket(json!({"AWS": "arn:aws:iam::111122223333:user/team/a*"}), json!(USER)), "undetermined");
    assert_eq!(bucket(json!({"AWS": "ann"}), json!(USER)), "undetermined");
    assert_eq!(bucket(json!({"CanonicalUser": "79a59df900b949e5"}), json!(USER)), "undetermined");
    assert_eq!(bucket(json!({"Other": "ann"}), json!(USER)), "undetermined");
    assert_eq!(bucket(json!({"AWS": "arn:aws:iam::1:user/ann"}), json!(USER)), "undetermined");
    assert_eq!(bucket(json!({"AWS": []}), json!(USER)), denied);
}

#[test]
fn names_of_role_sessions() {
    let known = json!({"role": ROLE, "session": "s1"});
    assert_eq!(bucket(json!({"AWS": ROLE}), known.clone()), "allow");
    assert_eq!(bucket(json!({"AWS": SESSION}), known.clone()), "allow");
    assert_eq!(bucket(json!({"AWS": SESSION.replace("s1", "s2")}), known), "implicit_deny identity");
    assert_eq!(bucket(json!({"AWS": SESSION}), json!(ROLE)), "undetermined");
    assert_eq!(bucket(json!({"AWS": SESSION.replace("Dev", "Ops")}), json!(ROLE)), "implicit_deny identity");
}

#[test]
fn names_of_federated_users() {
    let known = json!({"federated_user": FEDERATED_USER, "issuer": USER});
    // Without session policies only what names the session itself grants.
    assert_eq!(bucket(json!({"AWS": FEDERATED_USER}), known.clone()), "allow");
    assert_eq!(bucket(json!({"AWS": USER}), known.clone()), "implicit_deny identity");
    let layers = |principal: &str| json!({"session": allow(json!({})), "resource": allow(json!({"Principal": {"AWS": principal}}))});
    check(layers(USER), by(known.clone()), "allow");
    check(layers(&USER.replace("ann", "eve")), by(known), "implicit_deny identity");
    check(layers(USER), by(json!(FEDERATED_USER)), "undetermined");
    check(layers(&USER.replace("1111", "9999")), by(json!(FEDERATED_USER)), "implicit_deny identity");
}

#[test]
fn names_of_services_providers_and_anonymous() {
    let (service, denied) = (json!("lambda.amazonaws.com"), "implicit_deny resource");
    assert_eq!(bucket(json!({"Service": "LAMBDA.amazonaws.com"}), service.clone()), "allow");
    assert_eq!(bucket(json!({"Service": "ec2.amazonaws.com"}), service.clone()), denied);
    assert_eq!(bucket(json!({"Service": "*"}), service.clone()), "allow");
    assert_eq!(bucket(json!({"AWS": "*"}), service.clone()), "allow");
    assert_eq!(bucket(json!({"CanonicalUser": "79a59df900b949e5"}), service), denied);
    let provider = json!({"federated": "accounts.google.com"});
    assert_eq!(bucket(json!({"Federated": "accounts.google.com"}), provider.clone()), "allow");
    assert_eq!(bucket(json!({"Federated": "Accounts.google.com"}), provider.clone()), denied);
    assert_eq!(bucket(json!({"Federated": "*"}), provider), "allow");
    assert_eq!(bucket(json!("*"), json!("anonymous")), "allow");
    assert_eq!(bucket(json!({"AWS": "111122223333"}), json!("anonymous")), denied);
}

#[test]
fn unique_ids_are_somebody_deleted() {
    let with_id = |userid: Value| {
        let layers = json!({"resource": allow(json!({"Principal": {"AWS": "AIDAEXAMPLE123456"}}))});
        answer(layers, ask(json!({"context": {"aws:userid": userid}})))
    };
    assert_eq!(with_id(json!("AIDAEXAMPLE123456")), "allow");
    assert_eq!(with_id(json!("AIDAEXAMPLE123456:session")), "allow");
    assert_eq!(with_id(json!("AIDAEXAMPLE99999")), "implicit_deny identity");
    assert_eq!(bucket(json!({"AWS": "AIDAEXAMPLE123456"}), json!(USER)), "undetermined");
    assert_eq!(bucket(json!({"AWS": "AIDAEXAMPLE123456"}), json!("anonymous")), "implicit_deny resource");
    // A role's id stands for the role, so that its boundary still counts.
    let layers =
        json!({"boundary": [], "resource": allow(json!({"Principal": {"AWS": "AROAEXAMPLE123456"}}))});
    let session = json!({"principal": {"role": ROLE}, "context": {"aws:userid": "AROAEXAMPLE123456:s1"}});
    check(layers, ask(session), "implicit_deny identity");
}

#[test]
fn not_principal() {
    let denied = |listed: Value, caller: Value| {
        let resource = json!([allow(json!({"Principal": "*"})), deny(json!({"NotPrincipal": listed}))]);
        answer(json!({"resource": resource}), by(caller))
    };
    let explicit = "explicit_deny resource";
    assert_eq!(denied(json!({"AWS": [USER, "111122223333"]}), json!(USER)), "allow");
    assert_eq!(denied(json!({"AWS": USER}), json!(USER)), "undetermined");
    assert_eq!(denied(json!({"AWS": "444455556666"}), json!(USER)), explicit);
    assert_eq!(denied(json!("*"), json!("anonymous")), "allow");
    assert_eq!(denied(json!({"AWS": USER}), json!("anonymous")), explicit);
    assert_eq!(denied(json!({"AWS": ["1111*", "111122223333", USER]}), json!(USER)), "allow");
    assert_eq!(denied(json!({"AWS": "1111*"}), json!(USER)), "undetermined");
    let session = json!({"role": ROLE, "session": "s1"});
    assert_eq!(denied(json!({"AWS": ["111122223333", ROLE]}), session.clone()), "undetermined");
    assert_eq!(denied(json!({"AWS": ["111122223333", ROLE, SESSION]}), session), "allow");
    // In an Allow it is a direct grant.
    let resource = allow(json!({"NotPrincipal": {"AWS": "444455556666"}}));
    check(json!({"resource": resource}), ask(json!({})), "allow");
}
