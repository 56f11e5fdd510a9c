//! Settings: a wrong one stops the start with one readable sentence, on one line, that names it.

use crate::support::binary::switchboard;
use crate::support::scratch;

#[test]
fn a_wrong_setting_is_one_sentence_that_names_it() {
    let wrong = [
        ("DATABASE_URL", "mysql://root@localhost/x", "not in mysql"),
        ("DATABASE_URL", "sqlite:", "needs a file"),
        ("DATABASE_URL", ":memory:", "needs a file"),
        ("SWITCHBOARD_BIND", "8080", "socket address"),
        ("SWITCHBOARD_PUBLIC_URL", "desk.example.com", "expected an address like"),
        ("SWITCHBOARD_PUBLIC_URL", "https://desk.example.com/path", "without a path"),
        ("SWITCHBOARD_ALLOWED_ORIGINS", "https://a.example,nonsense", "expected an address like"),
        ("SWITCHBOARD_TRUSTED_PROXIES", "10.0.0.0/33", "not an address or a network"),
        ("SWITCHBOARD_SECRET", "short", "at least 32 characters"),
        ("SWITCHBOARD_LOG_FORMAT", "xml", "xml"),
    ];
    for (name, value, reason) in wrong {
        let said = refused(&[(name, value)]);
        assert!(said.starts_with(&format!("switchboard: {name} (--")) && said.contains(reason), "{said}");
        assert!(!value.contains("short") || !said.contains("short"), "a secret is not repeated: {said}");
    }
    let said = refused(&[("SWITCHBOARD_LOG", "switchboard=loud")]);
    assert!(said.contains("SWITCHBOARD_LOG"), "{said}");
}

#[test]
fn a_database_that_cannot_be_opened_is_one_sentence() {
    let file = scratch().join("a-file-where-a-folder-should-be");
    std::fs::write(&file, "").unwrap();
    let inside = format!("sqlite:{}/switchboard.db", file.display());
    let no_database = scratch().join("not-a-database");
    std::fs::write(&no_database, "This is a letter to Uma. ".repeat(500)).unwrap();
    let cannot = [
        ("postgres://nobody:sesame@127.0.0.1:1/none".to_string(), "Connection refused"),
        ("postgres://ada@db.example.com/desk?sslmode=require".to_string(), "without TLS"),
        (inside, "cannot open"),
        (format!("sqlite:{}", no_database.display()), "not a database"),
    ];
    for (url, reason) in cannot {
        let said = refused(&[("DATABASE_URL", &url)]);
        assert!(said.contains(reason), "{said}");
        assert!(!said.contains("sesame"), "a password is not repeated: {said}");
    }
}

/// What `migrate` says on this machine when it fails: one line.
fn refused(settings: &[(&str, &str)]) -> String {
    let mut command = switchboard(&format!("sqlite:{}", scratch().join("never.db").display()), &["migrate"]);
    let output = command.envs(settings.iter().copied()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap().trim().to_owned();
    assert!(!output.status.success(), "{settings:?} {said}");
    let ours: Vec<&str> = said.lines().filter(|line| !line.contains(" WARN ")).collect();
    assert_eq!(ours.len(), 1, "{said}");
    ours[0].to_owned()
}
