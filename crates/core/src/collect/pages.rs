//! Several pages of one answer as the AWS CLI prints them: as one.

use serde_json::{Map, Value};

/// Two pages as one answer: lists one after the other, and of everything else what the later page says. The token of
/// an earlier page is gone with it; that of the last one stays, and tells that there was more.
#[must_use]
pub fn joined(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(first), Value::Object(mut second)) => {
            let mut whole = Map::new();
            for (name, value) in first {
                match (value, second.remove(&name)) {
                    (value, Some(later)) => {
                        whole.insert(name, joined(value, later));
                    }
                    (value @ (Value::Array(_) | Value::Object(_)), None) => {
                        whole.insert(name, value);
                    }
                    (_, None) => {}
                }
            }
            whole.extend(second);
            Value::Object(whole)
        }
        (Value::Array(mut first), Value::Array(second)) => {
            first.extend(second);
            Value::Array(first)
        }
        (_, second) => second,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_become_one_answer() {
        let pages = [
            json!({"L": [1], "Inner": {"Items": ["a"], "Marker": "x"}, "NextToken": "t", "Size": 1}),
            json!({"L": [2], "Inner": {"Items": ["b"]}, "Size": 2}),
        ];
        let whole = pages.into_iter().reduce(joined).unwrap();
        assert_eq!(whole, json!({"L": [1, 2], "Inner": {"Items": ["a", "b"]}, "Size": 2}));
        let cut = joined(json!({"L": [1], "NextToken": "t"}), json!({"L": [2], "NextToken": "u"}));
        assert_eq!(cut, json!({"L": [1, 2], "NextToken": "u"}), "there was more");
    }
}
