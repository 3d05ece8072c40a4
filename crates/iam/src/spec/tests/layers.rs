//! Outcomes and layers: sections 1 and 3 of the page.

use serde_json::{Value, json};

use super::{
    FEDERATED_USER, KEY, ROLE, SESSION, THEIR_QUEUE, TRUSTING, USER, allow, ask, by, check, deny, policy,
};

#[test]
fn outcomes_follow_kleene() {
    let maybe = json!({"Condition": {"Bool": {"aws:SecureTransport": "true"}}});
    let everything = allow(json!({}));
    check(json!({"identity": [allow(maybe.clone())]}), ask(json!({})), "undetermined");
    check(json!({"identity": [allow(maybe.clone()), everything]}), ask(json!({})), "allow");
    check(json!({"identity": [everything, deny(maybe.clone())]}), ask(json!({})), "undetermined");
    check(json!({"identity": [deny(maybe)]}), ask(json!({})), "implicit_deny identity");
    check(json!({"identity": [everything, deny(json!({}))]}), ask(json!({})), "explicit_deny identity");
}

#[test]
fn scp_levels() {
    let (everything, sqs) = (allow(json!({})), allow(json!({"Action": "sqs:*"})));
    let s3 = allow(json!({"Action": "s3:*"}));
    let scps = |levels: Value| json!({"identity": everything, "scps": levels});
    check(scps(json!([[everything], [sqs, s3], [everything]])), ask(json!({})), "allow");
    check(scps(json!([[everything], [s3], []])), ask(json!({})), "implicit_deny scp[1]");
    check(scps(json!([[everything], [sqs, deny(json!({}))]])), ask(json!({})), "explicit_deny scp[1]");
    let root = by(json!("111122223333"));
    check(scps(json!([[s3]])), root, "implicit_deny scp[0]");
    check(scps(json!([[s3]])), by(json!(FEDERATED_USER)), "implicit_deny scp[0]");
    // Neither the management account nor service-linked roles nor callers without an account.
    let exempt = json!({"identity": everything, "scps": [[s3]], "management_account": "111122223333"});
    check(exempt, ask(json!({})), "allow");
    let linked = "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
    check(scps(json!([[s3]])), by(json!(linked)), "allow");
    let service = json!({"scps": [[s3]], "resource": allow(json!({"Principal": "*"}))});
    check(service, by(json!("sns.amazonaws.com")), "allow");
}

#[test]
fn rcps_only_deny() {
    let rcp = deny(json!({"Principal": "*", "Action": "*"}));
    let layers = |management: &str| {
        json!({"identity": allow(json!({})), "resource": allow(json!({"Principal": "*"})), "rcps": [[], [rcp]],
               "management_account": management})
    };
    check(layers("999900001111"), ask(json!({})), "explicit_deny rcp[1]");
    check(layers("999900001111"), by(json!("sns.amazonaws.com")), "explicit_deny rcp[1]");
    check(layers("111122223333"), ask(json!({})), "allow");
    check(layers("999900001111"), ask(json!({"action": "ec2:RunInstances", "resource": "*"})), "allow");
    check(layers("999900001111"), ask(json!({"action": "kms:RetireGrant", "resource": "*"})), "allow");
    // A bucket's ARN has no account: whether it is the management account's is not known for a service.
    let bucket = ask(json!({"principal": "sns.amazonaws.com", "action": "s3:PutObject",
                            "resource": "arn:aws:s3:::logs/a"}));
    check(layers("999900001111"), bucket.clone(), "undetermined");
    let without = json!({"resource": allow(json!({"Principal": "*"})), "rcps": [[rcp]]});
    check(without, bucket, "explicit_deny rcp[0]");
    // Nor for a user, whoever's the management account is; what nothing allows is still denied.
    let bucket = ask(json!({"action": "s3:PutObject", "resource": "arn:aws:s3:::logs/a"}));
    check(layers("999900001111"), bucket.clone(), "undetermined");
    check(layers("111122223333"), bucket.clone(), "undetermined");
    let nothing = json!({"rcps": [[rcp]], "management_account": "999900001111"});
    check(nothing, bucket, "implicit_deny identity");
}

#[test]
fn endpoints_concern_everyone() {
    let endpoint = allow(json!({"Principal": {"AWS": USER}}));
    let layers = json!({"identity": allow(json!({})), "resource": allow(json!({"Principal": "*"})),
                        "endpoint": endpoint});
    check(layers.clone(), ask(json!({})), "allow");
    check(layers.clone(), by(json!("anonymous")), "implicit_deny endpoint");
    check(layers, by(json!("111122223333")), "implicit_deny endpoint");
}

#[test]
fn unread_layers_are_unknown() {
    let everything = allow(json!({}));
    for unread in ["identity", "boundary", "session", "endpoint", "resource", "scp[2]", "rcp[0]"] {
        let layers = json!({"identity": everything, "unread": {unread: "AccessDenied"}});
        check(layers, ask(json!({})), "undetermined");
    }
    let layers = json!({"identity": [], "unread": {"scp": "AccessDenied"}});
    check(layers, ask(json!({})), "implicit_deny identity");
    let layers = json!({"identity": [], "unread": {"boundary": "AccessDenied"}});
    check(layers, by(json!("111122223333")), "allow");
    // What was read of them stays certain.
    let layers = json!({"identity": deny(json!({})), "unread": {"identity": "AccessDenied"}});
    check(layers, ask(json!({})), "explicit_deny identity");
    let layers =
        json!({"resource": allow(json!({"Principal": "*"})), "unread": {"resource": "AccessDenied"}});
    check(layers, by(json!("anonymous")), "undetermined");
}

#[test]
fn same_account_open_resource() {
    let (nothing, everything) = (allow(json!({"Action": "s3:*"})), allow(json!({})));
    let layers = |identity: &Value, boundary: &Value, session: &Value, principal: Value| {
        json!({"identity": identity, "boundary": boundary, "session": session,
               "resource": allow(json!({"Principal": principal}))})
    };
    let (none, all) = (&nothing, &everything);
    let session = by(json!({"role": ROLE, "session": "s1"}));
    check(layers(all, none, all, json!({"AWS": "444455556666"})), session.clone(), "implicit_deny boundary");
    check(layers(all, all, none, json!({"AWS": "444455556666"})), session.clone(), "implicit_deny session");
    check(layers(none, none, none, json!("*")), session.clone(), "allow");
    check(layers(none, none, none, json!({"AWS": SESSION})), session.clone(), "allow");
    check(layers(none, all, all, json!({"AWS": ROLE})), session.clone(), "allow");
    check(layers(none, none, all, json!({"AWS": ROLE})), session.clone(), "implicit_deny identity");
    check(layers(none, all, all, json!({"AWS": "111122223333"})), session, "implicit_deny identity");
    let unbounded = json!({"boundary": nothing, "resource": allow(json!({"Principal": {"AWS": USER}}))});
    check(unbounded, ask(json!({})), "allow");
}

#[test]
fn other_accounts_need_both() {
    let everything = allow(json!({}));
    let grant = allow(json!({"Principal": {"AWS": USER}}));
    let theirs = ask(json!({"resource": THEIR_QUEUE}));
    check(json!({"identity": everything, "resource": grant}), theirs.clone(), "allow");
    check(json!({"identity": everything}), theirs.clone(), "implicit_deny resource");
    check(json!({"resource": grant}), theirs.clone(), "implicit_deny identity");
    let bounded = json!({"identity": everything, "boundary": [], "resource": grant});
    check(bounded, theirs, "implicit_deny boundary");
    let root = ask(json!({"principal": "111122223333", "resource": THEIR_QUEUE}));
    check(json!({"identity": everything}), root.clone(), "implicit_deny resource");
    check(json!({"resource": allow(json!({"Principal": {"AWS": "111122223333"}}))}), root, "allow");
}

#[test]
fn keys_are_closed() {
    let everything = allow(json!({}));
    let decrypt = ask(json!({"action": "kms:Decrypt", "resource": KEY}));
    let key = |principal: &str| allow(json!({"Principal": {"AWS": principal}}));
    check(json!({"identity": everything}), decrypt.clone(), "undetermined");
    check(json!({"identity": []}), decrypt.clone(), "undetermined");
    check(json!({"identity": everything, "resource": []}), decrypt.clone(), "undetermined");
    check(json!({"identity": everything, "resource": key("111122223333")}), decrypt.clone(), "allow");
    check(json!({"resource": key("111122223333")}), decrypt.clone(), "implicit_deny identity");
    check(json!({"resource": key(USER)}), decrypt.clone(), "allow");
    let stranger = key("444455556666");
    check(json!({"identity": everything, "resource": stranger}), decrypt, "implicit_deny resource");
    let root = ask(json!({"principal": "111122223333", "action": "kms:Decrypt", "resource": KEY}));
    check(json!({"resource": stranger}), root.clone(), "implicit_deny resource");
    check(json!({"resource": key("111122223333")}), root, "allow");
    // An alias is no key, and listing keys names none.
    let alias = KEY.replace("key/", "alias/");
    check(
        json!({"identity": everything}),
        ask(json!({"action": "kms:CreateAlias", "resource": alias})),
        "allow",
    );
}

#[test]
fn roles_are_closed() {
    let trust = |principal: Value| {
        policy(json!({"Effect": "Allow", "Action": "sts:AssumeRole*", "Principal": principal}))
    };
    let assume = ask(json!({"action": "sts:AssumeRole", "resource": TRUSTING}));
    check(json!({"resource": trust(json!({"AWS": USER}))}), assume.clone(), "allow");
    check(
        json!({"resource": trust(json!({"AWS": "111122223333"}))}),
        assume.clone(),
        "implicit_deny identity",
    );
    check(json!({"identity": allow(json!({}))}), assume, "undetermined");
    let web = ask(json!({"principal": {"federated": "accounts.google.com"},
                         "action": "sts:AssumeRoleWithWebIdentity", "resource": TRUSTING}));
    check(json!({"resource": trust(json!({"Federated": "accounts.google.com"}))}), web.clone(), "allow");
    check(
        json!({"resource": trust(json!({"Federated": "token.example.com"}))}),
        web,
        "implicit_deny resource",
    );
}

#[test]
fn the_resources_account() {
    let everything = allow(json!({}));
    let object = |more: Value| {
        let mut request = ask(json!({"action": "s3:GetObject", "resource": "arn:aws:s3:::b/o"}));
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    let layers = json!({"identity": everything});
    check(layers.clone(), object(json!({})), "undetermined");
    check(layers.clone(), object(json!({"resource_account": "111122223333"})), "allow");
    check(layers.clone(), object(json!({"resource_account": "444455556666"})), "implicit_deny resource");
    check(layers.clone(), object(json!({"context": {"aws:ResourceAccount": "111122223333"}})), "allow");
    check(layers, object(json!({"resource": "*"})), "allow");
    // Both answers are the same.
    check(json!({}), object(json!({})), "implicit_deny identity");
    let granted = json!({"identity": everything, "resource": allow(json!({"Principal": {"AWS": USER}}))});
    check(granted, object(json!({})), "allow");
}

#[test]
fn documented_exceptions() {
    let denied = json!({"identity": deny(json!({})), "scps": [[deny(json!({}))]]});
    let who = |principal: &str| ask(json!({"principal": principal, "action": "STS:getcalleridentity"}));
    check(denied.clone(), who(USER), "allow");
    check(denied.clone(), who("111122223333"), "allow");
    check(json!({}), who("sns.amazonaws.com"), "implicit_deny resource");
    // Only users and root users are given session tokens.
    let token =
        |caller: Value| ask(json!({"principal": caller, "action": "sts:getsessiontoken", "resource": "*"}));
    check(denied.clone(), token(json!(USER)), "allow");
    check(denied.clone(), token(json!("111122223333")), "allow");
    check(denied.clone(), token(json!({"role": ROLE})), "explicit_deny scp[0]");
    check(denied.clone(), token(json!(FEDERATED_USER)), "explicit_deny scp[0]");
    check(json!({}), token(json!({"role": ROLE})), "implicit_deny identity");
    check(denied, who(ROLE), "allow");
    let trust = json!({"resource": allow(json!({"Principal": "*"}))});
    let assume = ask(json!({"principal": "111122223333", "action": "sts:AssumeRole", "resource": TRUSTING}));
    check(trust, assume.clone(), "implicit_deny rule");
    check(json!({"scps": [[deny(json!({}))]]}), assume, "explicit_deny scp[0]");
}

#[test]
fn the_bucket_owner_is_never_locked_out() {
    let locked = json!({"resource": deny(json!({"Principal": "*"}))});
    let root = |action: &str, owner: &str| {
        ask(json!({"principal": "111122223333", "action": action, "resource": "arn:aws:s3:::b",
                   "resource_account": owner}))
    };
    check(locked.clone(), root("s3:DeleteBucketPolicy", "111122223333"), "allow");
    check(locked.clone(), root("s3:DeleteBucket", "111122223333"), "explicit_deny resource");
    check(locked.clone(), root("s3:DeleteBucketPolicy", "444455556666"), "explicit_deny resource");
    // Whose bucket it is makes a difference, unless both deny.
    let anybodys = ask(json!({"principal": "111122223333", "action": "s3:PutBucketPolicy",
                              "resource": "arn:aws:s3:::b"}));
    check(locked.clone(), anybodys.clone(), "undetermined");
    let narrow = allow(json!({"Action": "sqs:*"}));
    let mut closed = locked;
    closed["scps"] = json!([[narrow]]);
    check(closed, anybodys, "implicit_deny scp[0]");
    let guarded = json!({"scps": [[deny(json!({}))]]});
    check(guarded, root("s3:PutBucketPolicy", "111122223333"), "explicit_deny scp[0]");
}

#[test]
fn own_policies_do_not_concern_others() {
    let layers = json!({"identity": deny(json!({})), "boundary": deny(json!({})), "session": [],
                        "resource": allow(json!({"Principal": "*"}))});
    check(layers.clone(), by(json!("111122223333")), "allow");
    check(layers.clone(), by(json!("sns.amazonaws.com")), "allow");
    check(layers, by(json!("anonymous")), "allow");
}

#[test]
fn the_first_deny_is_named() {
    let rcp = deny(json!({"Principal": "*"}));
    let all = json!({"scps": [[deny(json!({}))]], "rcps": [[rcp]], "endpoint": deny(json!({})),
                     "resource": rcp, "identity": deny(json!({})), "boundary": deny(json!({})),
                     "session": deny(json!({}))});
    let mut left = all.as_object().unwrap().clone();
    for (layer, named) in [
        ("scps", "scp[0]"),
        ("rcps", "rcp[0]"),
        ("endpoint", "endpoint"),
        ("resource", "resource"),
        ("identity", "identity"),
        ("boundary", "boundary"),
        ("session", "session"),
    ] {
        check(Value::Object(left.clone()), ask(json!({})), &format!("explicit_deny {named}"));
        left.remove(layer);
    }
}
