use serde_json::json;

use super::*;

fn read(items: &Value) -> Result<Vec<Turn>, Error> {
    let mut conversation = Conversation::default();
    for (index, item) in items.as_array().unwrap().iter().enumerate() {
        conversation.add(item, &format!("input[{index}]"))?;
    }
    Ok(conversation.turns)
}

fn turns(items: &Value) -> Vec<Turn> {
    read(items).unwrap()
}

fn said(role: Role, parts: Vec<Part>) -> Turn {
    Turn { role, name: None, parts }
}

fn text_part(text: &str) -> Part {
    Part::Text(text.into())
}

fn called(id: &str, name: &str, input: CallInput) -> Part {
    Part::ToolCall(ToolCall { id: id.into(), name: name.into(), input })
}

fn result(id: &str, name: Option<&str>, output: &str) -> Part {
    let name = name.map(str::to_owned);
    Part::ToolResult(ToolResult { call_id: Some(id.into()), name, output: output.into(), is_error: false })
}

fn media(param: &str, source: MediaSource, name: Option<&str>) -> Media {
    Media { param: param.into(), source, name: name.map(str::to_owned) }
}

#[test]
fn messages_of_every_role_and_form_are_turns_in_order() {
    let turns = turns(&json!([
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "d"}]},
        {"role": "system", "content": "s"},
        {"role": "user", "content": ["bare", {"type": "text", "text": "t"}, {"type": "strange"}, null]},
        {"role": "assistant", "id": "msg_1", "status": "completed", "phase": "final", "content": [
            {"type": "output_text", "text": "o", "annotations": []}, {"type": "refusal", "refusal": "r"}]},
        {"role": "user", "content": null},
    ]));
    assert_eq!(
        turns,
        [
            said(Role::System, vec![text_part("d")]),
            said(Role::System, vec![text_part("s")]),
            said(Role::User, vec![text_part("bare"), text_part("t")]),
            said(Role::Assistant, vec![text_part("o"), text_part("r")]),
            said(Role::User, vec![]),
        ]
    );
}

#[test]
fn calls_join_what_was_said_before_and_results_find_their_names() {
    let turns = turns(&json!([
        {"role": "user", "content": "hi"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"},
        {"role": "assistant", "content": "Let me look."},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_weather", "arguments": "{\"city\":\"Paris\"}"},
        {"type": "custom_tool_call", "call_id": "call_2", "name": "apply_patch", "input": "*** Begin"},
        {"type": "function_call", "call_id": "call_3", "name": "spawn_agent", "namespace": "multi_agent_v1", "arguments": {}},
        {"type": "function_call_output", "call_id": "call_1", "output": "20"},
        {"type": "custom_tool_call_output", "call_id": "call_2", "output": [{"type": "input_text", "text": "a"},
            {"type": "input_image", "image_url": "https://x/y.png"}, {"type": "input_text", "text": "b"}]},
        {"type": "function_call_output", "call_id": "call_3", "output": {"content": "c", "success": true}},
        {"type": "function_call_output", "call_id": "call_9", "output": null},
        {"type": "function_call", "call_id": "call_4", "name": "ping", "arguments": null},
    ]));
    let picture = Part::Image(media("input[7].output[1].image_url", MediaSource::Url("https://x/y.png".into()), None));
    assert_eq!(
        turns,
        [
            said(Role::User, vec![text_part("hi")]),
            said(
                Role::Assistant,
                vec![
                    text_part("Let me look."),
                    called("call_1", "get_weather", CallInput::Json(r#"{"city":"Paris"}"#.into())),
                    called("call_2", "apply_patch", CallInput::Text("*** Begin".into())),
                    called("call_3", "multi_agent_v1__spawn_agent", CallInput::Json("{}".into())),
                ]
            ),
            said(Role::Tool, vec![result("call_1", Some("get_weather"), "20")]),
            said(Role::Tool, vec![result("call_2", Some("apply_patch"), "a\nb"), picture]),
            said(
                Role::Tool,
                vec![result("call_3", Some("multi_agent_v1__spawn_agent"), r#"{"content":"c","success":true}"#)]
            ),
            said(Role::Tool, vec![result("call_9", None, "")]),
            said(Role::Assistant, vec![called("call_4", "ping", CallInput::Json(String::new()))]),
        ]
    );
}

#[test]
fn what_is_not_known_is_left_out_and_what_a_client_ran_is_a_call() {
    let turns = turns(&json!([
        {"type": "item_reference", "id": "msg_gone"},
        {"type": "web_search_call", "id": "ws_1", "action": {"type": "search"}},
        {"type": "compaction", "encrypted_content": "x"},
        {"type": "additional_tools", "tools": []},
        {"type": "mcp_call", "id": "mcp_1", "name": "n", "arguments": "{}", "output": "o"},
        {"no": "type"}, "text", null, 5,
        {"type": "local_shell_call", "call_id": "call_1", "action": {"command": ["ls"]}},
        {"type": "local_shell_call_output", "call_id": "call_1", "output": "a.txt"},
        {"type": "shell_call_output", "call_id": "call_2", "output": [{"stdout": "b"}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "as chat has it"},
    ]));
    assert_eq!(
        turns,
        [
            said(
                Role::Assistant,
                vec![called("call_1", "local_shell", CallInput::Json(r#"{"command":["ls"]}"#.into()))]
            ),
            said(Role::Tool, vec![result("call_1", Some("local_shell"), "a.txt")]),
            said(Role::Tool, vec![result("call_2", None, r#"{"stdout":"b"}"#)]),
            said(Role::Tool, vec![result("call_1", Some("local_shell"), "as chat has it")]),
        ]
    );
}

#[test]
fn pictures_and_files_are_found_in_each_of_their_places() {
    let content = json!([
        {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "auto"},
        {"type": "input_image", "file_id": "file_1"},
        {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
        {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,aGk="},
        {"type": "input_file", "file_data": "aGk"},
        {"type": "input_file", "file_url": "https://x/a.pdf"},
        {"type": "file", "file": {"file_id": "file_2", "filename": "b.pdf"}},
    ]);
    let turns = turns(&json!([{ "role": "user", "content": content }]));
    let param = |index: usize, key: &str| format!("input[0].content[{index}].{key}");
    let hi = || MediaSource::Bytes(b"hi".to_vec().into());
    assert_eq!(
        turns[0].parts,
        [
            Part::Image(media(&param(0, "image_url"), hi(), None)),
            Part::Image(media(&param(1, "file_id"), MediaSource::File("file_1".into()), None)),
            Part::Image(media(&param(2, "image_url"), MediaSource::Url("https://x/y.png".into()), None)),
            Part::File(media(&param(3, "file_data"), hi(), Some("a.txt"))),
            Part::File(media(&param(4, "file_data"), hi(), None)),
            Part::File(media(&param(5, "file_url"), MediaSource::Url("https://x/a.pdf".into()), None)),
            Part::File(media(&param(6, "file_id"), MediaSource::File("file_2".into()), Some("b.pdf"))),
        ]
    );
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    for (item, name) in [
        (json!({"role": "robot", "content": "x"}), "input[0].role"),
        (json!({"role": "user", "content": [{"type": "input_image"}]}), "input[0].content[0].image_url"),
        (
            json!({"role": "user", "content": [{"type": "input_image", "image_url": "data:;base64,*"}]}),
            "input[0].content[0].image_url",
        ),
        (
            json!({"role": "user", "content": [{"type": "input_file", "file_data": "*"}]}),
            "input[0].content[0].file_data",
        ),
        (json!({"role": "user", "content": [{"type": "input_file"}]}), "input[0].content[0].file_data"),
        (json!({"role": "user", "content": [{"type": "input_audio"}]}), "input[0].content[0].type"),
        (
            json!({"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image"}]}),
            "input[0].output[0].image_url",
        ),
    ] {
        let refused = read(&json!([item])).unwrap_err();
        assert!(matches!(&refused, Error::InvalidField { param, .. } if param == name), "{item}: {refused:?}");
    }
}
