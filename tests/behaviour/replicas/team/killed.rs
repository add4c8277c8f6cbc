//! A relay that is killed takes nothing with it that was acknowledged.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Client, Method, Team, form, read, text, within};

const KEY: &str = "a-key-of-somebody";

/// How many clients ask at the same time.
const CLIENTS: usize = 6;

/// How much each relay acknowledges before one is killed, and each of the others afterwards.
const MANY: usize = 24;

/// What a relay said it has done.
#[derive(Debug)]
struct Acknowledged {
    /// Which relay.
    by: usize,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    File { id: String, content: String },
    Response { id: String },
    Picture { path: String },
}

/// Asks one relay after the other for one thing after the other, until nobody wants to know what is acknowledged.
async fn ask_on(http: &Client, urls: &[String; 3], client: usize, told: mpsc::UnboundedSender<Acknowledged>) {
    for number in 0.. {
        let by = (client + number) % urls.len();
        let kept = ask(http, &urls[by], client + number / urls.len(), format!("{client} {number}")).await;
        let is_wanted = match kept {
            Some(kept) => told.send(Acknowledged { by, kept }).is_ok(),
            None => !told.is_closed(),
        };
        if !is_wanted {
            return;
        }
    }
}

/// What the relay has acknowledged; `None`: it went away before.
async fn ask(http: &Client, url: &str, kind: usize, words: String) -> Option<Kept> {
    let post = |path: &str| http.request(Method::POST, format!("{url}{path}")).bearer_auth(KEY);
    let respond = |is_streaming: bool| {
        let body = json!({"model": "gpt-4o-mini", "input": words, "stream": is_streaming});
        post("/v1/responses").body(body.to_string())
    };
    let picture = json!({"model": "dall-e-3", "prompt": words, "response_format": "url"});
    let request = match kind % 4 {
        0 => post("/v1/files").multipart(form(&words)),
        1 => respond(false),
        2 => respond(true),
        _ => post("/v1/images/generations").body(picture.to_string()),
    };
    let mut answer = request.send().await.ok()?;
    assert_eq!(answer.status(), 200);
    let (mut body, mut is_whole) = (Vec::new(), true);
    loop {
        match answer.chunk().await {
            Ok(Some(bytes)) => body.extend(bytes),
            Ok(None) => break,
            Err(_) => {
                is_whole = false;
                break;
            }
        }
    }
    let body = String::from_utf8(body).unwrap();
    let object = match kind % 4 {
        // What came before a cut counts.
        2 => completed(&body)?,
        _ if is_whole => serde_json::from_str(&body).unwrap(),
        _ => return None,
    };
    Some(match kind % 4 {
        0 => Kept::File { id: text(&object, "id"), content: words },
        1 | 2 => Kept::Response { id: text(&object, "id") },
        _ => Kept::Picture { path: text(&object["data"][0], "url").strip_prefix(url).unwrap().to_owned() },
    })
}

/// The response of a stream that was complete.
fn completed(stream: &str) -> Option<Value> {
    let (_, rest) = stream.split_once("event: response.completed\ndata: ")?;
    let (data, _) = rest.split_once("\n\n")?;
    let event: Value = serde_json::from_str(data).unwrap();
    Some(event["response"].clone())
}

impl Team {
    /// Asserts that this relay has what some relay has acknowledged.
    async fn assert_kept(&self, url: &str, acknowledged: &Acknowledged) {
        match &acknowledged.kept {
            Kept::File { id, content } => {
                let found = self.get(url, &format!("/v1/files/{id}/content"), KEY).await;
                assert_eq!((found.status.as_u16(), &found.body), (200, content), "{acknowledged:?}");
            }
            Kept::Response { id } => {
                let found = self.get(url, &format!("/v1/responses/{id}"), KEY).await;
                assert_eq!(found.status, 200, "{acknowledged:?}: {}", found.body);
                assert_eq!(found.json()["status"], "completed", "{acknowledged:?}");
            }
            Kept::Picture { path } => {
                let found = read(self.request(Method::HEAD, url, path, KEY)).await;
                assert_eq!(found.status, 200, "{acknowledged:?}");
            }
        }
    }
}

/// Hears what is acknowledged until each of these relays has done much more.
async fn hear(told: &mut mpsc::UnboundedReceiver<Acknowledged>, all: &mut Vec<Acknowledged>, relays: &[usize]) {
    let mut missing = [0; 3];
    relays.iter().for_each(|relay| missing[*relay] = MANY);
    while missing.iter().any(|missing| *missing > 0) {
        let one = within(told.recv()).await.unwrap();
        missing[one.by] = missing[one.by].saturating_sub(1);
        all.push(one);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_relay_has_acknowledged_the_others_have() {
    let team = Team::new(&[]).await;
    let (programs, urls) = team.start_three();
    let (tell, mut told) = mpsc::unbounded_channel();
    let clients = join_all((0..CLIENTS).map(|client| ask_on(&team.http, &urls, client, tell.clone())));
    drop(tell);
    let mut all: Vec<Acknowledged> = Vec::new();
    let fate = async {
        hear(&mut told, &mut all, &[0, 1, 2]).await;
        programs[0].signal("KILL");
        hear(&mut told, &mut all, &[1, 2]).await;
        told.close();
        while let Some(acknowledged) = told.recv().await {
            all.push(acknowledged);
        }
    };
    tokio::join!(fate, clients);
    let [killed, ..] = programs;
    assert!(!killed.end().status.success());
    for url in &urls[1..] {
        for acknowledged in &all {
            team.assert_kept(url, acknowledged).await;
        }
    }
    // When it comes back it has all of it too.
    let again = team.start("one");
    for acknowledged in &all {
        team.assert_kept(&super::url(&again), acknowledged).await;
    }
}
