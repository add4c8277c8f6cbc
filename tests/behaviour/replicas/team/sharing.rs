//! Files, pictures and responses: each relay has what any of them keeps, and only for its owner, whose secret is nowhere.

use std::{fs, path::Path};

use relay_tests::CANARY;
use serde_json::json;

use super::{Answered, Method, Team, form, read, text};

/// What is logged must hold no secret either.
const TALKATIVE: (&str, &str) = ("RELAY_LOG", "trace");

/// Two of those who may ask.
struct Callers {
    owner: String,
    other: String,
}

impl Team {
    async fn share_files(&self, urls: &[String; 3], Callers { owner, other }: &Callers) {
        let upload = self.request(Method::POST, &urls[0], "/v1/files", owner).multipart(form("What I know."));
        let file = read(upload).await.json();
        let id = text(&file, "id");
        let [path, content] = [format!("/v1/files/{id}"), format!("/v1/files/{id}/content")];
        let ask = json!({"model": "gpt-4o-mini", "messages": [
            {"role": "user", "content": [{"type": "file", "file": {"file_id": id}}, {"type": "text", "text": "What?"}]},
        ]});
        for url in urls {
            assert_eq!(self.get(url, &path, owner).await.json(), file);
            assert_eq!(self.get(url, &content, owner).await.body, "What I know.");
            assert_eq!(self.get(url, "/v1/files", owner).await.json()["data"], json!([file]));
            assert_eq!(self.post(url, "/v1/chat/completions", owner, &ask).await.status, 200);
            assert_eq!(self.get(url, "/v1/files", other).await.json()["data"], json!([]));
            for answered in [
                self.get(url, &path, other).await,
                self.get(url, &content, other).await,
                self.delete(url, &path, other).await,
                self.post(url, "/v1/chat/completions", other, &ask).await,
            ] {
                assert_not_there(&answered, "file_not_found");
            }
        }
        assert_eq!(self.delete(&urls[1], &path, owner).await.status, 200);
        for url in urls {
            assert_not_there(&self.get(url, &path, owner).await, "file_not_found");
        }
    }

    async fn share_responses(&self, urls: &[String; 3], Callers { owner, other }: &Callers) {
        const GONE: &str = "response_not_found";
        let body = json!({"model": "gpt-4o-mini", "input": "My name is Ann.", "store": true});
        let response = self.post(&urls[1], "/v1/responses", owner, &body).await.json();
        let id = text(&response, "id");
        let path = format!("/v1/responses/{id}");
        let next = json!({"model": "gpt-4o-mini", "input": "Who am I?", "previous_response_id": id, "store": false});
        for url in urls {
            assert_eq!(self.get(url, &path, owner).await.json(), response);
            assert_eq!(self.post(url, "/v1/responses", owner, &next).await.status, 200);
            let received = self.mock.script().received();
            let prompt = received.last().unwrap().prompt().unwrap();
            assert!(prompt.contains("My name is Ann.") && prompt.contains("Who am I?"), "{prompt}");
            assert_not_there(&self.get(url, &path, other).await, GONE);
            assert_not_there(&self.delete(url, &path, other).await, GONE);
            let foreign = self.post(url, "/v1/responses", other, &next).await;
            assert_eq!(foreign.error("code"), "previous_response_not_found", "{}", foreign.body);
        }
        assert_eq!(self.delete(&urls[0], &path, owner).await.status, 200);
        for url in urls {
            assert_not_there(&self.get(url, &path, owner).await, GONE);
        }
    }

    async fn share_pictures(&self, urls: &[String; 3], Callers { owner, other }: &Callers) {
        let body = json!({"model": "dall-e-3", "prompt": "a fox", "response_format": "url"});
        // Where the picture is that this caller is given by this relay.
        let draw = async |url: &str, caller: &str, tries_before: u32| {
            let request = self.request(Method::POST, url, "/v1/images/generations", caller).body(body.to_string());
            let answered = read(request.header("x-stainless-retry-count", tries_before.to_string())).await;
            let address = text(&answered.json()["data"][0], "url");
            address.strip_prefix(url).unwrap_or_else(|| panic!("{address} is not at {url}")).to_owned()
        };
        let path = draw(&urls[2], owner, 0).await;
        let mut pictures = Vec::new();
        for url in urls {
            // Whoever knows the address may see it.
            let picture = self.http.get(format!("{url}{path}")).send().await.unwrap();
            assert_eq!(picture.status(), 200);
            pictures.push(picture.bytes().await.unwrap());
            // A second try that comes to another relay is given what was paid for.
            assert_eq!(draw(url, owner, 1).await, path);
        }
        assert!(pictures[0].len() > 10 && pictures.iter().all(|picture| *picture == pictures[0]));
        assert_eq!(self.mock.script().features().len(), 1);
        assert_ne!(draw(&urls[0], other, 1).await, path, "nobody is given another's");
    }
}

fn assert_not_there(answered: &Answered, code: &str) {
    assert_eq!((answered.status.as_u16(), answered.error("code").as_str()), (404, code), "{}", answered.body);
}

async fn share_all(team: &Team, owner: &str, other: &str) {
    let (programs, urls) = team.start_three();
    let callers = Callers { owner: owner.to_owned(), other: other.to_owned() };
    team.share_files(&urls, &callers).await;
    team.share_responses(&urls, &callers).await;
    team.share_pictures(&urls, &callers).await;
    for program in programs {
        program.signal("TERM");
        let ended = program.end();
        for secret in [CANARY, owner, other] {
            assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret), "{ended:?}");
        }
    }
    let secrets = [CANARY, owner, other];
    assert_secret_nowhere(team.folder.path(), &secrets);
    let in_memcached = team.in_memcached();
    assert!(!in_memcached.is_empty());
    assert!(!holds_one(&in_memcached, &secrets), "memcached holds a secret");
    for (name, content) in team.in_bucket().await {
        assert!(!holds_one(name.as_bytes(), &secrets) && !holds_one(&content, &secrets), "{name} holds a secret");
    }
}

/// Asserts that no file below this folder holds any of these.
fn assert_secret_nowhere(folder: &Path, secrets: &[&str]) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_secret_nowhere(&path, secrets);
            continue;
        }
        assert!(!holds_one(&fs::read(&path).unwrap(), secrets), "{} holds a secret", path.display());
    }
}

fn holds_one(content: &[u8], secrets: &[&str]) -> bool {
    secrets.iter().any(|secret| content.windows(secret.len()).any(|part| part == secret.as_bytes()))
}

#[tokio::test(flavor = "multi_thread")]
async fn all_relays_have_what_one_keeps_for_the_key_it_came_with() {
    let team = Team::new(&[TALKATIVE]).await;
    share_all(&team, "a-key-of-somebody", "a-key-of-another").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_relays_have_what_one_keeps_for_a_token_of_theirs() {
    let mut team = Team::new(&[("ONE_MIN_API_KEY", CANARY), ("RELAY_REQUIRE_TOKEN", "true"), TALKATIVE]).await;
    let file = team.folder.path().join("tokens.json").display().to_string();
    let [owner, other] = ["ann", "bob"].map(|name| team.run("one", &["token", "add", name, "--file", &file]));
    team.variables.push(("RELAY_TOKENS_FILE".into(), file));
    share_all(&team, owner.trim(), other.trim()).await;
}
