//! Makes a model that only writes text answer in JSON: the words that ask for it, and what is done to its answer.
//!
//! An answer that is streamed goes through an [`Extractor`], which lets nothing but the JSON value pass. One that may be
//! held back to its end goes through [`check()`], which also repairs the value and holds it against the schema.
//!
//! Both look for the *root* of the value by the same rule. A `{` or `[` is a root, where the format allows one of its kind
//!
//! 1. at the very start of the answer, white space aside;
//! 2. as the first character after an opening fence such as ```` ```json ````;
//! 3. anywhere else, if what follows looks like JSON: after `{` a `"` or `}`; after `[` a `"`, `{`, `[`, `]`, `-`, a digit, or
//!    the word `true`, `false` or `null`.
//!
//! The first root counts: `use {x} like: {"x":1}` is `{"x":1}`. It ends with the bracket that closes it; brackets and fences
//! inside of strings are text.

mod check;
mod cost;
mod extract;
mod root;

use super::request::{Format, Schema};

pub use check::{Unchecked, Verdict, check};
pub use extract::Extractor;

/// What to tell the model about the form of its answer, before the conversation.
#[must_use]
pub fn instructions(format: &Format) -> Option<String> {
    match format {
        Format::Text => None,
        Format::JsonObject => Some(
            "Reply with one JSON object and nothing else: no words before or after it, and no code fence around it."
                .to_owned(),
        ),
        Format::JsonSchema(schema) => Some(schema_instructions(schema)),
    }
}

fn schema_instructions(Schema { name, description, schema, .. }: &Schema) -> String {
    if schema.is_null() {
        return "Reply with one JSON value and nothing else: no words before or after it, and no code fence around it."
            .to_owned();
    }
    let mut words = "Reply with one JSON value that fits the JSON Schema below, and nothing else: no words before or after \
                     it, and no code fence around it. Give every required property, no property that the schema does not \
                     allow, and never the schema itself."
        .to_owned();
    if let Some(name) = name {
        words += &format!("\nName: {name}");
    }
    if let Some(description) = description {
        words += &format!("\nDescription: {description}");
    }
    words + &format!("\nJSON Schema: {schema}")
}

/// The same in one line, for the end of the prompt: long conversations make models forget how they began.
#[must_use]
pub fn reminder(format: &Format) -> Option<&'static str> {
    match format {
        Format::Text => None,
        Format::JsonObject => Some("Remember: reply with one JSON object and nothing else."),
        Format::JsonSchema(_) => Some("Remember: reply with JSON that fits the JSON Schema, and nothing else."),
    }
}

#[cfg(test)]
mod tests;
