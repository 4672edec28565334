// Masking of secrets in texts: queries, forms, JSON, XML and others, and texts wrapped in their values. A text may be
// cut anywhere: what belongs to a secret is masked up to the cut.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "inspect/secrets.hpp"

namespace ferrotunnel::inspect {

struct Masked {
    std::string text;
    bool has_masks = false;
};

/// Called for each secret in the order of the text, with its name and its value as written there. The result is written
/// in its place; Masked::has_masks shows whether there was one.
using Replace = std::function<std::string(const std::string& name, std::string_view value)>;

/// "a=1&password=2", as in a query and in a body of application/x-www-form-urlencoded.
Masked masked_form(std::string_view text, const Secrets& secrets, const Replace& replace = {});
/// A URL or a request's target: its query.
Masked masked_url(std::string_view url, const Secrets& secrets, const Replace& replace = {});
/// multipart/form-data with this boundary.
Masked masked_multipart(std::string_view text, std::string_view boundary, const Secrets& secrets,
                        const Replace& replace = {});
/// Any text, by its form: JSON, XML, a form, parts, GraphQL, YAML, lines with names. A value in quotes or brackets is
/// replaced including them.
Masked masked_text(std::string_view text, const Secrets& secrets, const Replace& replace = {});

/// How a body of a Content-Type is searched for secrets.
enum class Search : std::uint8_t { none, text, form, multipart, html, program };
Search search_for(std::string_view content_type);
Masked masked_body(std::string_view text, std::string_view content_type, const Secrets& secrets,
                   const Replace& replace = {});

/// The parameter `name` of a field's value, like the boundary in "multipart/form-data; boundary=x"; empty if none.
std::string_view parameter_of(std::string_view value, std::string_view name);
/// The media type of a Content-Type, without parameters, in lower case.
std::string media_type_of(std::string_view value);

}  // namespace ferrotunnel::inspect
