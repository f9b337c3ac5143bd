use super::check_lua_syntax;

/// What is said of a chunk, without its name.
fn told(source: &str) -> String {
    match check_lua_syntax(source) {
        Ok(()) => String::new(),
        Err(message) => message
            .rsplit_once("\"]:")
            .map_or(message.clone(), |(_, told)| told.to_owned()),
    }
}

#[test]
fn what_does_not_compile_is_told_in_the_words_of_luajit() {
    for (source, message) in [
        ("return (", "[string \"return (\"]:1: unexpected symbol near '<eof>'"),
        ("x ${", "[string \"x ${\"]:1: '=' expected near '$'"),
        ("goto a", "[string \"goto a\"]:1: undefined label 'a'"),
        ("break", "[string \"break\"]:1: no loop to break"),
        (
            "return function() break end",
            "[string \"return function() break end\"]:1: no loop to break",
        ),
        ("return 1//2", "[string \"return 1//2\"]:1: unexpected symbol near '/'"),
        (
            "local t <const> = 1",
            "[string \"local t <const> = 1\"]:1: unexpected symbol near '<'",
        ),
        ("x y", "[string \"x y\"]:1: '=' expected near 'y'"),
        ("\nx y", "[string \"...\"]:2: '=' expected near 'y'"),
    ] {
        assert_eq!(check_lua_syntax(source), Err(message.to_owned()), "{source}");
    }
}

#[test]
fn what_luajit_takes_is_taken() {
    for source in [
        "",
        "return",
        "#!/bin/lua",
        "é = 1",
        "-- only a comment",
        "--[==[ a\nlong ]=] one ]==] x = 1",
        "return 0b11, 0x1p4, 0xA.8p-1, 1LL, 0xFFULL, 2i, .5, 1e-3",
        "x = 1 y = 2",
        "a.b:c()",
        "return ...",
        "::l:: goto l",
        "local goto_ = 1 goto a; do local x end ::a::",
        "for i = 1, 2 do if i > 1 then break end end",
        "local s = [[a\nb]] .. \"\\x41\\u{48}\\z  \\065\" .. 'c'",
        "return function(a, ...) return a, ... end",
        "t = {1, a = 2, ['b'] = 3; 4,}",
        "f{...} g'x' h[[y]]",
        "while x do repeat local y = 1 until y end",
    ] {
        assert_eq!(check_lua_syntax(source), Ok(()), "{source}");
    }
}

#[test]
fn labels_belong_to_their_blocks() {
    assert_eq!(told("::a:: ::a::"), "1: duplicate label 'a'");
    assert_eq!(told("do ::a:: end goto a"), "1: undefined label 'a'");
    assert_eq!(
        told("goto a local x ::a:: x = 1"),
        "1: <goto a> jumps into the scope of local 'x'"
    );
    assert_eq!(
        told("goto a local x ::a::"),
        "",
        "the end of a block is out of every scope"
    );
}

#[test]
fn texts_and_numbers_have_to_end() {
    for (source, message) in [
        ("x = [[a", "1: unfinished long string near '<eof>'"),
        ("--[[a", "1: unfinished long comment near '<eof>'"),
        ("x = [=a", "1: invalid long string delimiter near '[='"),
        ("x = 'a\n'", "1: unfinished string near ''a'"),
        ("x = '\\q'", "1: invalid escape sequence near '''"),
        ("x = 1x", "1: malformed number near '1x'"),
        ("x = 0x", "1: malformed number near '0x'"),
        ("x = 1.5LL", "1: malformed number near '1.5LL'"),
    ] {
        assert_eq!(told(source), message, "{source}");
    }
}

#[test]
fn varargs_belong_to_functions_that_say_so() {
    let message = "1: cannot use '...' outside a vararg function near '...'";
    assert_eq!(told("return function() return ... end"), message);
}

#[test]
fn functions_have_limits() {
    let locals = |count: usize| (0..count).map(|at| format!("local v{at}\n")).collect::<String>();
    assert_eq!(told(&locals(200)), "");
    assert!(told(&locals(201)).ends_with("main function has more than 200 local variables"));
    let deep = |depth: usize| format!("return {}1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(told(&deep(100)), "");
    assert!(told(&deep(100_000)).ends_with("chunk has too many syntax levels"));
}

#[test]
fn a_chunk_is_named_by_its_first_line() {
    let message = |source: &str| check_lua_syntax(source).expect_err("no Lua");
    assert!(message("x y\nz").starts_with("[string \"x y...\"]:1:"));
    assert!(message("=x y").starts_with("x y:1:"));
    let long = format!("x y {}", "z".repeat(100));
    assert!(message(&long).starts_with(&format!("[string \"x y {}...\"]:1:", "z".repeat(41))));
}

#[test]
fn no_chunk_is_too_deep_or_too_long_to_be_parsed() {
    const MANY: usize = 20_000;
    let labels: String = (0..MANY).map(|number| format!("::l{number}::")).collect();
    assert_eq!(check_lua_syntax(&labels), Ok(()));
    for (open, rest) in [
        ("(", ""),
        ("{", ""),
        ("- ", ""),
        ("not ", ""),
        ("f(", ""),
        ("a[", ""),
        ("1 .. ", ""),
        ("2 ^ ", ""),
        ("function() return ", ""),
        ("function() local f = ", ""),
    ] {
        let nested = format!("return {}{}", open.repeat(MANY), rest.repeat(MANY));
        assert_eq!(told(&nested), "1: chunk has too many syntax levels", "{open}");
    }
    let gotos: String = (0..MANY).map(|number| format!("goto l{number} ")).collect();
    assert_eq!(check_lua_syntax(&format!("{gotos}{labels}")), Ok(()));
    assert_eq!(told(&"if x then ".repeat(MANY)), "1: chunk has too many syntax levels");
    for repeated in [
        "x = x.y ",
        "f() ",
        "f{}\"\" ",
        "do end ",
        "if x then elseif y then end ",
        "while x do break end ",
        "a.b:c() ",
    ] {
        assert_eq!(check_lua_syntax(&repeated.repeat(MANY)), Ok(()), "{repeated}");
    }
}
