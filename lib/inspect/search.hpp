// The searches for secrets, one for each kind of text. A search passes over its text once, so its work is linear in the
// kept text; the value of a name that is not a secret's is searched again without its wrapping, as deep as
// limits::inspect_wrappings_max.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/masked_text.hpp"
#include "inspect/secrets.hpp"
#include "inspect/wrapping.hpp"

namespace ferrotunnel::inspect {

// --- results of a search: secrets, and values to be searched without their wrapping

struct Finding {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool is_secret = false;
    Wrapping wrapping = Wrapping::none;  // of a value to search
    std::string_view mask{};             // for a secret
    std::string name{};                  // likewise
};

/// Found in any order; one within another one does not count.
class Findings {
public:
    explicit Findings(std::string_view text) : text_(text) {}

    std::string_view text() const noexcept { return text_; }
    void add_secret(std::size_t begin, std::size_t end, std::string name, std::string_view written_mask = mask) {
        if (begin < end) {
            all_.push_back({begin, end, true, Wrapping::none, written_mask, std::move(name)});
        }
    }
    void add_wrapped(std::size_t begin, std::size_t end, Wrapping wrapping) {
        if (may_have_names(text_.substr(begin, end - begin))) {
            all_.push_back({begin, end, false, wrapping, {}, {}});
        }
    }

    /// The text with masks. `depth` is how often it was unwrapped already; beyond limits::inspect_wrappings_max a value
    /// that would have to be unwrapped is masked itself.
    Masked masked(const Secrets& secrets, const Replace& replace, std::size_t depth);

    /// Whether this value may contain something that is found by a name of its own.
    static bool may_have_names(std::string_view value) noexcept;

private:
    std::string_view text_;
    std::vector<Finding> all_;
};

// --- the searches

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
