//! Where a text lists the codes of diagnostics, it lists what there is.

use std::fs;

use strongroom::yaml::DiagnosticCode;

const HEADER: &str = "| code | meaning |";

#[test]
fn lists_of_codes_are_what_the_code_says() {
    let row = |code: &DiagnosticCode| format!("| `{code}` | {} |", code.meaning());
    let expected: Vec<String> = DiagnosticCode::ALL.iter().map(row).collect();
    for path in ["README.md", "src/README.md", "schemas/vaults/README.md"] {
        let text = fs::read_to_string(path).unwrap_or_default();
        if let Some((_, table)) = text.split_once(&format!("{HEADER}\n")) {
            let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
            let listed: Vec<&str> = rows.collect();
            assert!(
                listed == expected,
                "{path} should list:\n{HEADER}\n|---|---|\n{}",
                expected.join("\n")
            );
        }
    }
}
