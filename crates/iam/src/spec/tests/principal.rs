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
    assert_eq!(with_id(json!([])), "implicit_deny identity");
    assert_eq!(bucket(json!({"AWS": "AIDAEXAMPLE123456"}), json!(USER)), "undetermined");
    assert_eq!(bucket(json!({"AWS": "AIDAEXAMPLE123456"}), json!("anonymous")), "implicit_deny resource");
    // A role's id stands for the role, so that its boundary still counts.
    let layers =
        json!({"boundary": [], "resource": allow(json!({"Principal": {"AWS": "AROAEXAMPLE123456"}}))});
    let session = json!({"principal": {"role": ROLE}, "context": {"aws:userid": "AROAEXAMPLE123456:s1"}});
    check(layers, ask(session.clone()), "implicit_deny identity");
    // Any other names the caller itself, and no boundary counts.
    let mut other = session;
    other["context"]["aws:userid"] = json!("AIDAEXAMPLE123456");
    let layers =
        json!({"boundary": [], "resource": allow(json!({"Principal": {"AWS": "AIDAEXAMPLE123456"}}))});
    check(layers, ask(other), "allow");
}

#[test]
fn only_users_and_role_sessions_have_unique_ids() {
    let granted = |id: &str, caller: Value| {
        let layers =
            json!({"session": allow(json!({})), "resource": allow(json!({"Principal": {"AWS": id}}))});
        let request =
            ask(json!({"principal": caller, "resource": super::THEIR_QUEUE, "context": {"aws:userid": id}}));
        let mut both = layers;
        both["identity"] = allow(json!({}));
        answer(both, request)
    };
    for id in ["AIDAEXAMPLE123456", "AROAEXAMPLE123456"] {
        assert_eq!(granted(id, json!(USER)), "allow", "{id}");
        assert_eq!(granted(id, json!(ROLE)), "allow", "{id}");
        for other in [json!("111122223333"), json!({"federated_user": FEDERATED_USER, "issuer": USER})] {
            assert_eq!(granted(id, other), "implicit_deny resource", "{id}");
        }
    }
}

#[test]
fn kinds_of_entries_nobody_can_say() {
    // Without a boundary that allows, only a direct grant is left.
    let kind = |principal: Value| {
        let layers = json!({"boundary": [], "resource": allow(json!({"Principal": principal}))});
        answer(layers, by(json!({"role": ROLE})))
    };
    let (direct, through) = ("undetermined", "implicit_deny identity");
    assert_eq!(kind(json!({"AWS": "AIDAEXAMPLE123456"})), direct);
    assert_eq!(kind(json!({"AWS": "AROAEXAMPLE123456"})), through);
    assert_eq!(kind(json!({"CanonicalUser": "79a59df900b949e5"})), direct);
    assert_eq!(kind(json!({"AWS": "1111*"})), direct);
    assert_eq!(kind(json!({"AWS": "ann"})), direct);
    assert_eq!(kind(json!({"Other": "ann"})), direct);
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
    // A role's unique id lists the role, another the session.
    let ids = |listed: Value| {
        let resource =
            json!([allow(json!({"Principal": "*"})), deny(json!({"NotPrincipal": {"AWS": listed}}))]);
        let caller = json!({"principal": {"role": ROLE, "session": "s1"}, "context": {"aws:userid": "AROAEXAMPLE123456:s1"}});
        answer(json!({"resource": resource}), ask(caller))
    };
    assert_eq!(ids(json!(["111122223333", SESSION, "AROAEXAMPLE123456"])), "allow");
    assert_eq!(ids(json!(["111122223333", ROLE, "AROAEXAMPLE123456"])), "undetermined");
    assert_eq!(ids(json!(["AROAEXAMPLE999999"])), explicit);
    // In an Allow it is a direct grant.
    let resource = allow(json!({"NotPrincipal": {"AWS": "444455556666"}}));
    check(json!({"resource": resource}), ask(json!({})), "allow");
}

#[test]
fn not_principal_denies_whoever_has_a_boundary() {
    let everyone = json!({"AWS": ["111122223333", USER, ROLE, SESSION, FEDERATED_USER]});
    let with = |caller: Value, more: Value| {
        let resource = json!([allow(json!({"Principal": "*"})), deny(json!({"NotPrincipal": everyone}))]);
        let mut layers = json!({"resource": resource, "session": allow(json!({}))});
        layers.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        answer(layers, by(caller))
    };
    let explicit = "explicit_deny resource";
    let session = json!({"role": ROLE, "session": "s1"});
    for caller in [json!(USER), session] {
        assert_eq!(with(caller.clone(), json!({})), "allow");
        for bounded in [json!({"boundary": allow(json!({}))}), json!({"boundary": []})] {
            assert_eq!(with(caller.clone(), bounded), explicit);
        }
        assert_eq!(with(caller, json!({"unread": {"boundary": "AccessDenied"}})), explicit);
    }
    let bounded = json!({"boundary": allow(json!({}))});
    assert_eq!(with(json!("111122223333"), bounded.clone()), "allow");
    // Only users and role sessions; and what has its conditions still has them.
    let federated = json!({"federated_user": FEDERATED_USER, "issuer": USER});
    assert_eq!(with(federated, bounded), "allow");
    let conditional =
        deny(json!({"NotPrincipal": "*", "Condition": {"StringEquals": {"aws:username": "bob"}}}));
    let resource = json!([allow(json!({"Principal": "*"})), conditional]);
    check(json!({"resource": resource, "boundary": allow(json!({}))}), ask(json!({})), "allow");
    // An endpoint's policy is everyone but.
    let endpoint = json!([allow(json!({})), deny(json!({"NotPrincipal": everyone}))]);
    assert_eq!(
        with(
            json!(USER),
            json!({"resource": [], "identity": allow(json!({})),
                                        "boundary": allow(json!({})), "endpoint": endpoint})
        ),
        "allow"
    );
    // In an Allow it is everyone but.
    let allowing = allow(json!({"NotPrincipal": {"AWS": [USER, "111122223333"]}}));
    check(
        json!({"resource": allowing, "boundary": allow(json!({}))}),
        ask(json!({})),
        "implicit_deny identity",
    );
}
