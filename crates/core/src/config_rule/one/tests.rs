use std::sync::Mutex;

use pollster::block_on;

use super::*;
use crate::model::AccountId;

/// Answers every call with the same page, and remembers what it was asked.
struct Says(Value, Mutex<Vec<Call>>);

#[async_trait]
impl Estate for Says {
    async fn scope(&self) -> PortResult<EstateScope> {
        Ok(EstateScope::default())
    }

    async fn call(&self, call: &Call) -> PortResult<Answer> {
        self.1.lock().unwrap().push(call.clone());
        let page = AnswerPage { input: json!({}), request_id: None, response: self.0.clone() };
        Ok(Answer::Pages(vec![page], None))
    }
}

fn instance() -> ResourceType {
    ResourceType::parse(
        "{type: AWS::EC2::Instance, title: i, scope: regional, key: InstanceId, arn: '{InstanceId}',
          list: [{service: ec2, operation: describe-instances, items: 'Reservations[].Instances[]',
                  with: {Filters: [{Name: x, Values: [y]}]}}],
          follow: [{into: F, service: ec2, operation: describe-f, per: InstanceId, ask: Id}]}",
    )
    .unwrap()
}

fn item(id: &str, name: Option<&str>) -> ChangedItem {
    ChangedItem {
        resource_type: "AWS::EC2::Instance".to_owned(),
        id: id.to_owned(),
        name: name.map(str::to_owned),
        arn: Some(format!("arn:{id}")),
        region: "eu-west-1".to_owned(),
        is_deleted: false,
    }
}

fn call(service: &str, operation: &str, input: Value) -> Call {
    Call {
        account: AccountId::parse("111122223333").unwrap(),
        region: "eu-west-1".to_owned(),
        service: service.to_owned(),
        operation: operation.to_owned(),
        subject: None,
        input: input.as_object().unwrap().clone(),
    }
}

fn page(answer: Answer) -> AnswerPage {
    let Answer::Pages(pages, None) = answer else { panic!("{answer:?}") };
    pages.into_iter().next().unwrap()
}

#[test]
fn of_a_list_only_the_resource_is_kept_and_aws_is_asked_for_less() {
    let reservations = json!({"Reservations": [
        {"ReservationId": "r-1", "Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]},
        {"ReservationId": "r-2", "Instances": [{"InstanceId": "i-11"}]},
    ], "NextToken": null});
    let says = Says(reservations, Mutex::default());
    let (resource_type, item) = (instance(), item("i-1", None));
    let asked = call("ec2", "describe-instances", json!({"Filters": [{"Name": "x", "Values": ["y"]}]}));
    for narrow in [true, false] {
        let one = OneResource::new(&says, &resource_type, &item, narrow);
        let page = page(block_on(one.call(&asked)).unwrap());
        let expect = json!({"Reservations": [
            {"ReservationId": "r-1", "Instances": [{"InstanceId": "i-1"}]},
            {"ReservationId": "r-2", "Instances": []},
        ], "NextToken": null});
        assert_eq!(page.response, expect);
        assert_eq!(page.input, json!({"#kept": "what is about i-1"}));
    }
    let asked = says.1.into_inner().unwrap();
    let narrowed = json!([{"Name": "x", "Values": ["y"]}, {"Name": "instance-id", "Values": ["i-1"]}]);
    assert_eq!(asked[0].input["Filters"], narrowed);
    assert_eq!(asked[1].input["Filters"], json!([{"Name": "x", "Values": ["y"]}]));
    assert!(OneResource::can_narrow(&resource_type));
}

#[test]
fn a_resource_is_known_by_its_name_its_id_or_its_arn() {
    let resource_type = instance();
    let says = Says(Value::Null, Mutex::default());
    let check = |id: &str, name: Option<&str>, element: Value, expect: bool| {
        let item = item(id, name);
        let one = OneResource::new(&says, &resource_type, &item, true);
        assert_eq!(one.is_it(&element), expect, "{id} {name:?} {element}");
    };
    check("db-A", Some("orders"), json!({"InstanceId": "orders"}), true);
    check("db-A", None, json!({"InstanceId": "orders", "DbiResourceId": "db-A"}), true);
    check("db-A", None, json!({"InstanceId": "orders", "Arn": "arn:db-A"}), true);
    check("db-A", Some("orders"), json!({"InstanceId": "orders2", "DbiResourceId": "db-B"}), false);
    // What has no name is for whoever reads it to complain about.
    check("db-A", None, json!({"Name": "x"}), true);
    check("db-A", None, json!(7), true);
    // What a name is part of, behind a separator and in no other way.
    check("arn:aws:apigateway:r::/restapis/a/stages/prod", None, json!({"InstanceId": "prod"}), true);
    check("arn:aws:apigateway:r::/restapis/a/stages/prod", None, json!({"InstanceId": "od"}), false);
    check("/aws/lambda/x", None, json!("/aws/lambda/x"), true);
    check("table-1", None, json!("1"), false);
    check("table-1", None, json!(""), false);
}

#[test]
fn of_a_type_inside_others_the_others_stay() {
    let resource_type = ResourceType::parse(
        "{type: S, title: s, scope: regional, key: stageName, arn: '{stageName}',
          list: [{each: {service: apigateway, operation: get-rest-apis, items: items, key: id, into: RestApi},
                  ask: restApiId, service: apigateway, operation: get-stages, items: item}]}",
    )
    .unwrap();
    let answer =
        json!({"items": [{"id": "a"}, {"id": "b"}], "item": [{"stageName": "prod"}, {"stageName": "x"}]});
    let says = Says(answer, Mutex::default());
    let item = item("arn:aws:apigateway:r::/restapis/a/stages/prod", None);
    let one = OneResource::new(&says, &resource_type, &item, true);
    let apis = page(block_on(one.call(&call("apigateway", "get-rest-apis", json!({})))).unwrap());
    assert_eq!(apis.response, says.0);
    let mut stages = call("apigateway", "get-stages", json!({}));
    stages.subject = Some("a".to_owned());
    let stages = page(block_on(one.call(&stages)).unwrap());
    assert_eq!(stages.response["item"], json!([{"stageName": "prod"}]));
}

#[test]
fn other_calls_are_left_alone() {
    let says = Says(json!({"Reservations": [{"Instances": [{"InstanceId": "i-9"}]}]}), Mutex::default());
    let (resource_type, item) = (instance(), item("i-1", None));
    let one = OneResource::new(&says, &resource_type, &item, true);
    let page = page(block_on(one.call(&call("ec2", "describe-f", json!({})))).unwrap());
    assert_eq!((&page.response, &page.input), (&says.0, &json!({})));
}
