//! What the relay does with a coding agent's request, without the network: its prompt rendered, its tools' calls found.
//!
//! Sizes double from line to line: where the throughput stays, the cost grows with the size and no faster.
//! `cargo bench -p relay-bench` runs it.

use std::{hint::black_box, sync::Arc};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use relay::conversation::{
    CallInput, Part, Request, Role, Tool, ToolCall, ToolInput, ToolResult, Tools, Turn,
    json::Json,
    render::{Style, render},
    tool::CallParser,
};
use serde_json::json;

/// As many tools as Claude Code has, with schemas of about 3.4 kB each: 82 kB in all.
fn tools() -> Tools {
    let property = |index: usize| {
        let description =
            format!("What parameter {index} is for, in as many words as such tools spend on it. ").repeat(4);
        (format!("parameter_{index}"), json!({"type": "string", "title": "Parameter", "description": description}))
    };
    let tool = |index: usize| Tool {
        name: format!("tool_{index}"),
        description: Some("Does something to files of the project, and says what it did. ".repeat(10)),
        input: ToolInput::Json(json!({
            "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false,
            "properties": (0..8).map(property).collect::<serde_json::Map<_, _>>(), "required": ["parameter_0"],
        })),
    };
    Tools { list: (0..24).map(tool).collect(), ..Tools::default() }
}

/// A session of an agent whose history is about `kib` KiB: calls and what they gave back.
fn session(kib: usize) -> Request {
    let file = "fn main() {\n    println!(\"<tool_call> in a file\");\n}\n// [User] is no marker here\n".repeat(12);
    let step = |index: usize| {
        let id = format!("call_{index}");
        let input = CallInput::Json(json!({"parameter_0": format!("src/file_{index}.rs")}).to_string());
        let call = ToolCall { id: id.clone(), name: "tool_1".into(), input };
        let result =
            ToolResult { call_id: Some(id), name: Some("tool_1".into()), output: file.clone(), is_error: false };
        [
            Turn { role: Role::Assistant, name: None, parts: vec![Part::ToolCall(call)] },
            Turn { role: Role::Tool, name: None, parts: vec![Part::ToolResult(result)] },
        ]
    };
    let mut turns =
        vec![Turn::text(Role::System, "You are a coding agent.\n".repeat(400)), Turn::text(Role::User, "Go on.")];
    turns.extend((0..kib).flat_map(step));
    Request { turns, tools: tools(), ..Request::default() }
}

fn rendering(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("render an agent's prompt");
    for kib in [30, 60, 120, 240] {
        let request = session(kib);
        let style = Style { defuses_old_youtube_links: true };
        group.throughput(Throughput::Bytes(render(&request, style).text.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(format!("{kib} KiB and 24 tools")), |bencher| {
            bencher.iter(|| render(black_box(&request), style));
        });
    }
    group.finish();
}

/// An answer that writes a file of `kib` KiB.
fn answer(kib: usize) -> String {
    let line = "    let text = \"<tool_call> {\\n\"; // é\n";
    let content = Json::String(line.repeat((kib << 10) / line.len())).to_string();
    format!(
        "Let me write it.\n<tool_call>{{\"name\":\"tool_1\",\"arguments\":{{\"parameter_0\":{content}}}}}</tool_call>"
    )
}

fn parsing(criterion: &mut Criterion) {
    let tools = Arc::new(tools());
    for (name, piece) in [("find a call in pieces of 32 bytes", 32), ("find a call byte by byte", 1)] {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10);
        for kib in [128, 256, 512, 1024] {
            let answer = answer(kib);
            let pieces = pieces(&answer, piece);
            group.throughput(Throughput::Bytes(answer.len() as u64));
            group.bench_function(BenchmarkId::from_parameter(format!("{kib} KiB")), |bencher| {
                bencher.iter(|| {
                    let mut parser = CallParser::new(Arc::clone(&tools));
                    let found: usize = pieces.iter().map(|piece| parser.push(black_box(piece)).len()).sum();
                    found + parser.finish(false).len()
                });
            });
        }
        group.finish();
    }
}

/// `text` in pieces of so many bytes, or a few more where a character ends later.
fn pieces(text: &str, bytes: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = (bytes..=rest.len()).find(|end| rest.is_char_boundary(*end)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

criterion_group!(benches, rendering, parsing);
criterion_main!(benches);
