//! A file that describes a kind is checked before it is used, as the build checks those under `schemas/`.

use strongroom::schema::Catalog;

const WIDGET: &str = include_str!("../../../fixtures/kinds/widget/kind.yaml");

fn error_of(text: &str) -> String {
    let catalog = Catalog::with_kind_files(&[("kinds/widget.yaml", text)]);
    catalog.expect_err("something is wrong").to_string()
}

#[test]
fn a_right_file_makes_a_kind() {
    let catalog = Catalog::with_kind_files(&[("kinds/widget.yaml", WIDGET)]).expect("a kind file");
    assert_eq!(catalog.find_kind("widgets"), catalog.find_kind("widget"));
    assert!(catalog.find_kind("widget").is_some() && Catalog::recorded().find_kind("widget").is_none());
}

#[test]
fn a_misspelt_file_is_refused_with_the_place() {
    let (line, column) = WIDGET
        .lines()
        .enumerate()
        .find_map(|(at, line)| Some((at + 1, line.find("utf8_name")? + 1)))
        .expect("the check");
    assert_eq!(
        error_of(&WIDGET.replace("utf8_name", "utf_name")),
        format!("schemas/kinds/widget.yaml:{line}:{column}: unknown check 'utf_name', did you mean 'utf8_name'?")
    );
    assert!(error_of(&WIDGET.replace("server_only:", "serveronly:")).contains("did you mean 'server_only'?"));
    assert!(error_of(&WIDGET.replace("default: 3", "required: 3")).contains("invalid type: integer `3`"));
    assert!(error_of(&WIDGET.replace("collection: ca_certificates", "collection: seals")).contains("no kind seals"));
}
