//! The lines on which the cases of a test file begin, for messages: the YAML reader tells lines of errors only.

/// The line of each case, from 1; nothing where they are not written as a block list.
pub(super) fn of_cases(text: &str, count: usize) -> Vec<usize> {
    let mut lines = Vec::new();
    let mut indent = None;
    let mut inside = false;
    for (number, line) in (1..).zip(text.lines()) {
        let content = line.trim_start();
        let depth = line.len() - content.len();
        let is_item = content == "-" || content.starts_with("- ");
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if depth == 0 && !is_item {
            inside = content.trim_end() == "cases:" || content.starts_with("cases: #");
        } else if inside && is_item && *indent.get_or_insert(depth) == depth {
            lines.push(number);
        }
    }
    if lines.len() == count { lines } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_by_their_indentation() {
        let check = |text: &str, expect: &[usize]| assert_eq!(of_cases(text, 2), expect, "{text}");
        check("# x\nlayers:\n  - no\ncases:\n  - name: a\n    list:\n      - x\n\n  - name: b\n", &[5, 9]);
        check("cases: # two\n- name: a\n- name: b\nlayers:\n- c\n", &[2, 3]);
        check("cases: [{name: a}, {name: b}]\n", &[]);
    }
}
