// The searches for secrets, one for each kind of text. A search goes over its text once, so that its work is linear in
// what is kept; the value of a name that does not show a secret is searched again without its wrapping, as deep as
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
/// Elements and attributes. Of `html` elements are not the names of anything.
void search_markup(Findings& findings, Range range, bool is_html, const Secrets& secrets);
/// Everything else that has names before values: JSON and what is like it, GraphQL, YAML, lines of "name: value", and
/// URLs in any text. In a program (`bare_names` is false) only names in quotes count.
void search_names(Findings& findings, Range range, bool bare_names, const Secrets& secrets);
/// Parts between lines with this boundary, each of which is searched by itself.
void search_parts(Findings& findings, Range range, std::string_view boundary, const Secrets& secrets);
/// By what the text looks like.
void search_any(Findings& findings, Range range, const Secrets& secrets);

/// Whether the value of "name" or "key" names a secret, whose value stands beside it. What may be masked itself names
/// none: the text with masks would have another one.
bool names_secret(std::string_view written, const Secrets& secrets);

/// What was unwrapped `depth` times.
Masked masked_within(std::string_view text, const Secrets& secrets, const Replace& replace, std::size_t depth);

}  // namespace ferrotunnel::inspect
