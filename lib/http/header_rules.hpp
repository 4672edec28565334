// Turns header rules into edits of a head that is being written.
#pragma once

#include <span>
#include <string_view>

#include "http/edits.hpp"
#include "http/rules.hpp"

namespace ferrotunnel::http {

/// Why rules may not touch the field `name`, in words that follow the name; empty when they may. Fields for framing and
/// routing, those that belong to one connection and those that tell a backend who the visitor is are the edge's own.
std::string_view why_untouchable(std::string_view name) noexcept;
/// The same for the field of an edit.
std::string_view why_untouchable(const Edits::Edit& edit) noexcept;

/// Adds the rules behind the edits that `edits` has, in their order. The rules have to live until the head is written.
/// False when there is no room for all of them, which never happens with checked rules and the edge's own edits.
bool put_header_rules(std::span<const HeaderRule> rules, Edits& edits) noexcept;

/// Does the same for an answer that the edge gives in place of the backend's, but leaves out rules for fields that
/// describe a body, which is another one here. The page's own fields have to be put behind these rules, so that they
/// count.
bool put_page_rules(std::span<const HeaderRule> rules, Edits& edits) noexcept;

}  // namespace ferrotunnel::http
