// What a process that takes the place of another one asks it, by its control socket alone: for its sockets, and then to
// go. docs/architecture/upgrade.md has the whole.
#pragma once

#include <optional>

#include "admin/answer.hpp"
#include "admin/resources.hpp"
#include "admin/subject.hpp"

namespace ferrotunnel::admin {

/// Where the sockets are, and where the other one is told to go.
inline constexpr std::string_view sockets_path = "/v1/sockets";
inline constexpr std::string_view handover_path = "/v1/handover";
/// What both sides speak. Another number: neither knows the other.
inline constexpr unsigned handover_version = 1;

/// The answer to such a request; nothing: it is about something else.
std::optional<Answer> answer_about_handover(const Request& request, Subject& subject);

}  // namespace ferrotunnel::admin
