//! `refs parse`: what Kong's own parser made of 1,785 references, and answers to anything else.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::common::real_servers::effort;
use proptest::prelude::*;
use strongroom::reference::{decode_json_string, encode_json_string, parse_line_to_json, parse_to_json};

fn program(args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_strongroom"))
        .args(["refs", "parse"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut stdin = child.stdin.take().expect("standard input");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("output");
    writer.join().expect("a writer").expect("written");
    assert!(output.status.success());
    output.stdout
}

/// The members of an object's text, in no order: lone surrogates keep serde_json from reading it as a value, so the
/// bytes that they stand for are marked first.
fn members(line: &str) -> serde_json::Map<String, serde_json::Value> {
    let marked = line.replace("\\udc", "\\\\udc");
    serde_json::from_str(&marked).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn every_recorded_reference_is_answered_as_kong_answers() {
    let recording = std::fs::read_to_string("fixtures/references/answers.jsonl").expect("the recording");
    let rows: Vec<_> = recording.lines().map(members).collect();
    let asked: String = rows
        .iter()
        .map(|row| row["reference"].to_string().replace("\\\\udc", "\\udc") + "\n")
        .collect();
    let output = String::from_utf8(program(&[], asked.as_bytes())).expect("UTF-8");
    let answers: Vec<_> = output.lines().map(members).collect();
    assert_eq!((rows.len(), answers.len()), (1785, 1785));
    for (mut row, answer) in rows.into_iter().zip(answers) {
        row.retain(|name, _| !matches!(name.as_str(), "value" | "error"));
        assert_eq!(answer, row);
    }
}

#[test]
fn arguments_are_references_as_they_are() {
    let output = program(&["{vault://env/a?x&y=1&y=2#2}", "a"], b"");
    assert_eq!(
        String::from_utf8_lossy(&output),
        "{\"reference\":\"{vault://env/a?x&y=1&y=2#2}\",\"is_reference\":true,\"parsed\":{\"name\":\"env\",\"resource\":\"a\",\
         \"config\":{\"x\":true,\"y\":[\"1\",\"2\"]},\"version\":\"2\"}}\n\
         {\"reference\":\"a\",\"is_reference\":false,\"parse_error\":\"not a reference [a]\"}\n"
    );
}

#[test]
fn a_line_that_is_no_json_string_is_an_error_and_the_next_is_read() {
    let output = program(&[], b"nothing\n\xFF\n\n\"{vault://env/\\udcff}\"\n");
    let lines: Vec<_> = output.split(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len(), 5);
    for line in &lines[..3] {
        assert_eq!(*line, b"{\"error\":\"the line is no JSON string\"}");
    }
    let wanted = "{\"reference\":\"{vault://env/\\udcff}\",\"is_reference\":true,\
                  \"parsed\":{\"name\":\"env\",\"resource\":\"\\udcff\"}}";
    assert_eq!(String::from_utf8_lossy(lines[3]), wanted);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(effort(20_000, 2_000)))]

    #[test]
    fn any_bytes_are_answered_on_one_line(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        for text in [parse_line_to_json(&bytes), parse_to_json(&bytes), parse_to_json(&[b"{vault://", &bytes[..], b"}"].concat())] {
            let one_object = text.starts_with('{') && text.ends_with('}') && !text.contains('\n');
            prop_assert!(one_object, "{}", text);
        }
        prop_assert_eq!(decode_json_string(encode_json_string(&bytes).as_bytes()), Some(bytes));
    }
}
