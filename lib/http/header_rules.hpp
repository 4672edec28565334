// Header rules as edits of a head that is written.
#pragma once

#include <span>
#include <string_view>

#include "http/edits.hpp"
#include "http/rules.hpp"

namespace ferrotunnel::http {

/// Why rules may not touch the field `name`, in words that go after its name; empty when they may. Framing, routing,
/// what belongs to one connection and what tells a backend who the visitor is are the edge's own.
std::string_view why_untouchable(std::string_view name) noexcept;

/// Puts the rules behind what `edits` has, in their order. The rules have to live until the head is written. False when
/// there is no room for all of them, which checked rules and edits of the edge's own never need.
bool put_header_rules(std::span<const HeaderRule> rules, Edits& edits) noexcept;

/// The same for an answer of the edge's own, in place of the backend's: without rules for fields that describe a body,
/// which is another one here. What the page itself says has to be put behind them, and so counts.
bool put_page_rules(std::span<const HeaderRule> rules, Edits& edits) noexcept;

}  // namespace ferrotunnel::http
