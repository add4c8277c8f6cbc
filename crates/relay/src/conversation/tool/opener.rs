//! The marks by which a model's text turns into a call.

/// What a mark begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opener {
    /// `<tool_call>`, the form that is asked for, perhaps with a `name` attribute.
    ToolCall,
    /// Claude's own: `<function_calls>` around `<invoke name="...">`.
    FunctionCalls,
    /// One of those without what goes around them.
    Invoke,
    /// Qwen's own: `<function=name><parameter=key>`.
    Function,
    /// Mistral's own: `[TOOL_CALLS]` before a list, or before a name and an object.
    Mistral,
    /// DeepSeek's own, made of special tokens; up to their end mark.
    DeepSeek,
    /// Kimi's own, likewise.
    Kimi,
}

/// The namespace that Claude puts before its tags now and then.
pub(super) const NAMESPACE: &str = "antml:";

/// Each mark, what it begins, and the text that ends that; `None`: the end is found by what is inside.
const OPENERS: [(&str, Opener, Option<&str>); 9] = [
    ("<tool_call", Opener::ToolCall, None),
    ("<function_calls>", Opener::FunctionCalls, Some("</function_calls>")),
    (
        concat!("<", "antml:", "function_calls>"),
        Opener::FunctionCalls,
        Some(concat!("</", "antml:", "function_calls>")),
    ),
    ("<invoke ", Opener::Invoke, Some("</invoke>")),
    (concat!("<", "antml:", "invoke "), Opener::Invoke, Some(concat!("</", "antml:", "invoke>"))),
    ("<function=", Opener::Function, Some("</function>")),
    ("[TOOL_CALLS]", Opener::Mistral, None),
    ("<｜tool▁calls▁begin｜>", Opener::DeepSeek, Some("<｜tool▁calls▁end｜>")),
    ("<|tool_calls_section_begin|>", Opener::Kimi, Some("<|tool_calls_section_end|>")),
];

/// What the beginning of a text may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    /// A mark, and the text that ends what it begins.
    Mark(Opener, Option<&'static str>),
    /// Perhaps a mark: more text is needed.
    Perhaps,
    /// Nothing of the kind.
    Text,
}

/// Looks at a text that begins with `<` or `[`.
pub(super) fn beginning(text: &str) -> Beginning {
    if let Some((mark, opener, end)) = OPENERS.iter().find(|(mark, ..)| text.starts_with(mark)) {
        // `<tool_calls` or `<tool_call_id` is another word; what comes next tells.
        if *opener == Opener::ToolCall && text.len() == mark.len() {
            return Beginning::Perhaps;
        }
        let goes_on = *opener == Opener::ToolCall
            && text[mark.len()..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'));
        return if goes_on { Beginning::Text } else { Beginning::Mark(*opener, *end) };
    }
    let is_part = OPENERS.iter().any(|(mark, ..)| mark.starts_with(text));
    if is_part { Beginning::Perhaps } else { Beginning::Text }
}

/// How a model begins a result that it invents.
pub(super) const INVENTED_RESULT: &str = "<tool_response";

/// How lines begin with which a model plays the other turns of the conversation.
const INVENTED_TURNS: [&str; 8] = ["[User", "[Tool", "[System", "[Reply", "Observation:", "User:", "Human:", "Tool:"];

/// Looks at a line after a call.
pub(super) fn invented_turn(line: &str) -> Beginning {
    // A Mistral call begins like a turn.
    if "[TOOL_CALLS]".starts_with(line) || line.starts_with("[TOOL_CALLS]") {
        return Beginning::Text;
    }
    if INVENTED_TURNS.iter().any(|turn| line.starts_with(turn)) {
        return Beginning::Mark(Opener::ToolCall, None);
    }
    if INVENTED_TURNS.iter().any(|turn| turn.starts_with(line)) { Beginning::Perhaps } else { Beginning::Text }
}
