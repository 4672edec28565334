// Requests of a process to the one that it replaces, only on its control socket: for its sockets and keys, and then to
// drain. docs/architecture/upgrade.md describes the procedure.
#pragma once

#include <optional>

#include "admin/answer.hpp"
#include "admin/resources.hpp"
#include "admin/subject.hpp"

namespace ferrotunnel::admin {

/// The sockets, the keys of session tickets, and the request to drain.
inline constexpr std::string_view sockets_path = "/v1/sockets";
inline constexpr std::string_view ticket_keys_path = "/v1/ticket_keys";
inline constexpr std::string_view ticket_keys_member = "ticket_keys";
inline constexpr std::string_view handover_path = "/v1/handover";
/// Protocol version of both sides. Different versions are incompatible.
inline constexpr unsigned handover_version = 1;

/// The answer to such a request. Empty if the request is for another resource.
std::optional<Answer> answer_about_handover(const Request& request, Subject& subject);

}  // namespace ferrotunnel::admin
