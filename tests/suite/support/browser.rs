//! A real Chromium, driven through chromedriver, with axe-core at hand.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::scratch;

const RELEASE: char = '\u{E000}';
const SHIFT: char = '\u{E008}';
const CONTROL: char = '\u{E009}';
const ALT: char = '\u{E00A}';

const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--window-size=1440,900",
];

/// As long as a page may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

/// One browser with one window. Chromedriver and every Chromium process end with this value, or with this process.
pub struct Browser {
    pub client: Client,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub async fn open() -> Browser {
        let (driver, port) = start_driver();
        let profile = tempfile::Builder::new().prefix("chromium-").tempdir_in(scratch()).unwrap();
        let mut flags: Vec<String> = FLAGS.iter().map(|&flag| flag.to_owned()).collect();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        let wishes = json!({ "goog:chromeOptions": { "args": flags }, "pageLoadStrategy": "normal",
            "goog:loggingPrefs": { "browser": "ALL" } });
        let Value::Object(wishes) = wishes else { unreachable!() };
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let mut builder = ClientBuilder::new(connector);
        builder.capabilities(wishes);
        let client = builder.connect(&format!("http://127.0.0.1:{port}")).await.expect("Chromium did not start");
        Browser { client, driver, _profile: profile }
    }

    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    /// The first element of this selector, waited for.
    pub async fn find(&self, selector: &str) -> Element {
        let wait = self.client.wait().at_most(PATIENCE).every(Duration::from_millis(20));
        match wait.for_element(Locator::Css(selector)).await {
            Ok(element) => element,
            Err(error) => panic!("{selector} did not appear: {error}\n{}", self.console().await),
        }
    }

    pub async fn text(&self, selector: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            // The page may be replaced between finding and reading.
            match self.find(selector).await.text().await {
                Ok(text) => return text,
                Err(error) => assert!(Instant::now() < until, "{selector}: {error}"),
            }
        }
    }

    pub async fn click(&self, selector: &str) {
        self.find(selector).await.click().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    pub async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        element.send_keys(text).await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Presses keys at whatever has the focus: one after another, modifiers held until they are released or all is said.
    pub async fn keys(&self, keys: &str) {
        let mut actions = KeyActions::new("keyboard".into());
        let mut held = vec![];
        for value in keys.chars() {
            match value {
                RELEASE => {
                    for value in held.drain(..) {
                        actions = actions.then(KeyAction::Up { value });
                    }
                }
                SHIFT | CONTROL | ALT => {
                    held.push(value);
                    actions = actions.then(KeyAction::Down { value });
                }
                value => actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value }),
            }
        }
        let actions = held.into_iter().fold(actions, |actions, value| actions.then(KeyAction::Up { value }));
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Runs a function body in the page and gives what it returns.
    pub async fn script(&self, body: &str) -> Value {
        self.client.execute(body, vec![]).await.unwrap_or_else(|error| panic!("{body}: {error}"))
    }

    /// Runs the body of an async function in the page and gives what it returns in the end.
    pub async fn answer(&self, body: &str) -> Value {
        let run = format!(
            "const done = arguments[arguments.length - 1]; (async () => {{ {body} }})().then(done, (e) => done(String(e)))"
        );
        self.client.execute_async(&run, vec![]).await.unwrap_or_else(|error| panic!("{body}: {error}"))
    }

    /// Waits until an expression is true in the page.
    pub async fn until(&self, expression: &str) {
        let until = Instant::now() + PATIENCE;
        while self.script(&format!("return Boolean({expression})")).await != true {
            assert!(Instant::now() < until, "never true: {expression}\n{}", self.console().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Shows the page as the system's light or dark theme would.
    pub async fn theme(&self, theme: Theme) {
        let value = if theme == Theme::Dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Makes the page this wide, 900 px high.
    pub async fn width(&self, width: u32) {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    pub async fn without_javascript(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// Pulls the plug, or puts it back.
    pub async fn offline(&self, offline: bool) {
        let network = json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.emulateNetworkConditions", network).await;
    }

    /// Takes over the session of somebody who has signed in.
    pub async fn takes_the_session_of(&self, person: &super::app::Person) {
        for cookie in person.cookies().split("; ").filter(|cookie| !cookie.is_empty()) {
            let (name, value) = cookie.split_once('=').unwrap();
            let cookie = json!({ "name": name, "value": value, "url": person.base, "httpOnly": true });
            self.devtools("Network.setCookie", cookie).await;
        }
    }

    /// Saves a picture as target/shots/NAME.png.
    pub async fn shot(&self, name: &str) {
        let folder = scratch().parent().unwrap().join("shots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), self.client.screenshot().await.unwrap()).unwrap();
    }

    /// What axe-core finds wrong with the page: one line each; empty when all is well.
    pub async fn axe(&self) -> Vec<String> {
        self.script(&format!("{}; return 1", axe_source())).await;
        let run = "const found = await axe.run(document, { resultTypes: ['violations'] });
            return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${v.help}: ${n.html} ${n.failureSummary}`))";
        let found = self.answer(run).await;
        found
            .as_array()
            .unwrap_or_else(|| panic!("axe: {found}"))
            .iter()
            .map(|line| line.as_str().unwrap().to_owned())
            .collect()
    }

    /// What the page wrote to its console since it was last asked.
    pub async fn console(&self) -> String {
        match self.client.issue_cmd(Log).await {
            Ok(Value::Array(lines)) => lines.iter().map(|line| format!("console: {}\n", line["message"])).collect(),
            _ => String::new(),
        }
    }

    /// One command of the DevTools protocol.
    pub async fn devtools(&self, command: &'static str, params: Value) -> Value {
        let answer = self.client.issue_cmd(DevTools { command, params }).await;
        answer.unwrap_or_else(|error| panic!("{command}: {error}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.driver.stdin.take());
        let _ = self.driver.wait();
    }
}

/// Starts chromedriver under an `sh` that kills the whole process group when our end of its pipe closes.
fn start_driver() -> (Child, u16) {
    let script = "chromedriver --port=0 2>&1 </dev/null & read -r _; kill -KILL 0";
    let mut sh = Command::new("sh");
    sh.args(["-c", script]).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut driver = sh.spawn().unwrap();
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
    let told = lines.take_while(|line| !line.contains("not found"));
    let port = told.filter_map(|line| Some(line.split_once("started successfully on port ")?.1.to_owned())).next();
    let Some(port) = port else {
        let _ = driver.wait();
        panic!("chromedriver did not start: install it (`apt-get install chromium chromium-driver`)");
    };
    (driver, port.trim_end_matches('.').parse().unwrap())
}

fn axe_source() -> String {
    let file = scratch().parent().unwrap().join("npm/node_modules/axe-core/axe.min.js");
    let missing = "axe-core is missing: `npm install --prefix target/npm axe-core` (tests/run does it)";
    std::fs::read_to_string(file).expect(missing)
}

#[derive(Debug)]
struct DevTools {
    command: &'static str,
    params: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "cmd": self.command, "params": self.params }).to_string()))
    }
}

#[derive(Debug)]
struct Log;

impl WebDriverCompatibleCommand for Log {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}
