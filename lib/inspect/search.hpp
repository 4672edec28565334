// The searches for secrets, one for each kind of text. A search passes over its text once, so its work is linear in the
// kept text; the value of a name that is not a secret's is searched again without its wrapping, as deep as
// limits::inspect_wrappings_max.
#pragma once

#include <cstddef>
#include <string_view>

#include "inspect/findings.hpp"
#include "inspect/masked_text.hpp"
#include "inspect/secrets.hpp"

namespace ferrotunnel::inspect {

/// A part of a text that is searched.
struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// "a=1&b=2".
void search_form(Findings& findings, Range range, const Secrets& secrets);
/// A URL: user, parameters of its path, query and fragment.
void search_url(Findings& findings, Range range, const Secrets& secrets);
/// Elements and attributes. The element names of `html` are not names of values.
void search_markup(Findings& findings, Range range, bool is_html, const Secrets& secrets);
/// Everything else that has names before values: JSON and similar notations, GraphQL, YAML, lines of "name: value", and
/// URLs in any text. In a program (`bare_names` is false) only names in quotes count.
void search_names(Findings& findings, Range range, bool bare_names, const Secrets& secrets);
/// Parts between lines with this boundary, each of which is searched by itself.
void search_parts(Findings& findings, Range range, std::string_view boundary, const Secrets& secrets);
/// By the form of the text.
void search_any(Findings& findings, Range range, const Secrets& secrets);

/// Whether the value of "name" or "key" names a secret, whose value is a neighbouring member. A value that may be
/// masked itself names none: it would be different in the masked text.
bool names_secret(std::string_view written, const Secrets& secrets);

/// A text that was unwrapped `depth` times.
Masked masked_within(std::string_view text, const Secrets& secrets, const Replace& replace, std::size_t depth);

}  // namespace ferrotunnel::inspect
