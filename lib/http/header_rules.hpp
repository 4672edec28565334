// Conversion of header rules to edits of a head that is being written.
#pragma once

#include <span>
#include <string_view>

#include "http/edits.hpp"
#include "http/rules.hpp"

namespace ferrotunnel::http {

/// Why rules may not change the field `name`, in words that follow the name; empty if they may. Fields for framing and
/// routing, those that belong to one connection and those that report to a backend who the visitor is belong to the
/// edge.
std::string_view protected_field_reason(std::string_view name) noexcept;
/// Like the function above, for the field of an edit.
std::string_view protected_field_reason(const Edits::Edit& edit) noexcept;

/// Appends the rules to `edits`, in order. The rules have to live until the head is written. False if there is no room
/// for all of them, which never happens with checked rules and the edge's own edits.
bool put_header_rules(std::span<const HeaderRule> rules, Edits& edits) noexcept;

/// Like put_header_rules(), for a response by the edge instead of the backend; leaves out rules for fields that
/// describe a body, since the body is another one. The page's own fields have to be added after these rules, so that
/// they take precedence.
bool put_page_rules(std::span<const HeaderRule> rules, Edits& edits) noexcept;

}  // namespace ferrotunnel::http
