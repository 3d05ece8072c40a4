//! All pages as one output, as the AWS CLI prints it: what a page lists is added up, what describes the whole is
//! kept from the first page, and tokens are gone.

use super::path;
use crate::model::Pagination;
use serde_json::{Number, Value};

/// The pages so far as one output.
pub(crate) struct Merged<'p> {
    pagination: &'p Pagination,
    whole: Value,
    is_first: bool,
}

impl<'p> Merged<'p> {
    pub(crate) fn new(pagination: &'p Pagination) -> Self {
        Self { pagination, whole: Value::Object(serde_json::Map::new()), is_first: true }
    }

    /// Adds a page.
    pub(crate) fn add(&mut self, mut page: Value) {
        if self.is_first {
            for key in &self.pagination.non_aggregate_keys {
                if let Some(value) = path::find(key, &page).cloned() {
                    self.put(key, value);
                }
            }
            self.is_first = false;
        }
        if self.pagination.result_key.is_empty() {
            // The data does not say what the list is; then it is every list.
            let lists = page.as_object_mut().into_iter().flatten().filter(|(_, value)| value.is_array());
            let lists: Vec<_> = lists.map(|(key, value)| (key.clone(), value.take())).collect();
            for (key, value) in lists {
                self.put(&key, value);
            }
            return;
        }
        for key in &self.pagination.result_key {
            if let Some(value) = path::take(key, &mut page) {
                self.put(key, value);
            }
        }
    }

    /// The one output.
    pub(crate) fn finish(self) -> Value {
        self.whole
    }

    fn put(&mut self, key: &str, value: Value) {
        if let Some(place) = path::place(key, &mut self.whole) {
            join(place, value);
        }
    }
}

/// Adds the value of one more page to that of the pages before: lists and text grow, numbers add up, objects
/// join member by member. (The last is what boto3 leaves out: it keeps the first page's object alone.)
fn join(sum: &mut Value, more: Value) {
    match (sum, more) {
        (_, Value::Null) => {}
        (sum @ Value::Null, more) => *sum = more,
        (Value::Array(sum), Value::Array(more)) => sum.extend(more),
        (Value::String(sum), Value::String(more)) => sum.push_str(&more),
        (Value::Number(sum), Value::Number(more)) => *sum = add(sum, &more),
        (Value::Object(sum), Value::Object(more)) => {
            for (key, value) in more {
                join(sum.entry(key).or_insert(Value::Null), value);
            }
        }
        // What is not of one kind on all pages cannot be added: the last page has the last word.
        (sum, more) => *sum = more,
    }
}

fn add(sum: &Number, more: &Number) -> Number {
    let whole = sum.as_i64().zip(more.as_i64()).and_then(|(sum, more)| sum.checked_add(more));
    let fraction = || Number::from_f64(sum.as_f64()? + more.as_f64()?);
    whole.map(Number::from).or_else(fraction).unwrap_or_else(|| more.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(result_key: &[&str], non_aggregate_keys: &[&str], pages: &[Value]) -> Value {
        let words = |words: &[&str]| words.iter().map(|word| Box::from(*word)).collect();
        let pagination = Pagination {
            result_key: words(result_key),
            non_aggregate_keys: words(non_aggregate_keys),
            ..Pagination::default()
        };
        let mut merged = Merged::new(&pagination);
        for page in pages {
            merged.add(page.clone());
        }
        merged.finish()
    }

    #[test]
    fn lists_grow_and_tokens_are_gone() {
        let pages = [
            json!({"Users": [1], "IsTruncated": true, "Marker": "a"}),
            json!({"Users": [], "IsTruncated": true, "Marker": "b"}),
            json!({"Users": [2, 3], "IsTruncated": false}),
        ];
        assert_eq!(merged(&["Users"], &[], &pages), json!({"Users": [1, 2, 3]}));
    }

    #[test]
    fn several_lists_grow_each_and_one_that_comes_late_is_kept() {
        let pages =
            [json!({"Contents": [1], "Token": "a"}), json!({"Contents": [2], "CommonPrefixes": ["p"]})];
        assert_eq!(
            merged(&["Contents", "CommonPrefixes"], &[], &pages),
            json!({"Contents": [1, 2], "CommonPrefixes": ["p"]})
        );
    }

    #[test]
    fn numbers_add_up() {
        let pages = [
            json!({"Items": [1], "Count": 1, "ScannedCount": 7, "ConsumedCapacity": {"Units": 1}}),
            json!({"Items": [2], "Count": 1, "ScannedCount": 5, "ConsumedCapacity": {"Units": 2}}),
        ];
        assert_eq!(
            merged(&["Items", "Count", "ScannedCount"], &["ConsumedCapacity"], &pages),
            json!({"Items": [1, 2], "Count": 2, "ScannedCount": 12, "ConsumedCapacity": {"Units": 1}})
        );
        assert_eq!(merged(&["n"], &[], &[json!({"n": 0.5}), json!({"n": 1})]), json!({"n": 1.5}));
        let most = i64::MAX;
        let sum = merged(&["n"], &[], &[json!({ "n": most }), json!({ "n": most })]);
        assert!(sum["n"].as_f64().unwrap() > 1.8e19, "{sum}");
    }

    #[test]
    fn what_is_nested_is_merged_where_it_is() {
        let pages = [
            json!({"DistributionList": {"Items": [1], "NextMarker": "a", "Quantity": 1}}),
            json!({"DistributionList": {"Items": [2], "Quantity": 1}}),
        ];
        assert_eq!(
            merged(&["DistributionList.Items"], &[], &pages),
            json!({"DistributionList": {"Items": [1, 2]}})
        );
        let pages = [
            json!({"ResultSet": {"Rows": [1], "ResultSetMetadata": {"c": 1}}, "UpdateCount": 0}),
            json!({"ResultSet": {"Rows": [2], "ResultSetMetadata": {"c": 1}}, "UpdateCount": 0}),
        ];
        assert_eq!(
            merged(&["ResultSet.Rows"], &["ResultSet.ResultSetMetadata", "UpdateCount"], &pages),
            json!({"ResultSet": {"Rows": [1, 2], "ResultSetMetadata": {"c": 1}}, "UpdateCount": 0})
        );
    }

    #[test]
    fn objects_and_text_join_over_pages() {
        let pages = [json!({"Responses": {"a": [1]}}), json!({"Responses": {"a": [2], "b": [3]}})];
        assert_eq!(merged(&["Responses"], &[], &pages), json!({"Responses": {"a": [1, 2], "b": [3]}}));
        let pages = [json!({"LogFileData": "one "}), json!({"LogFileData": "two"})];
        assert_eq!(merged(&["LogFileData"], &[], &pages), json!({"LogFileData": "one two"}));
    }

    #[test]
    fn without_a_word_on_the_list_every_list_grows() {
        let pages = [json!({"Items": [1], "Token": "t"}), json!({"Items": [2], "Other": [3]})];
        assert_eq!(merged(&[], &[], &pages), json!({"Items": [1, 2], "Other": [3]}));
    }
}
