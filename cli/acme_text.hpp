// The output of `ferrotunnel acme` and the line of `status` about it: answers of the control API as text.
#pragma once

#include <string>

#include "status_text.hpp"

namespace ferrotunnel::cli {

/// The problem of a name, with its next attempt.
std::string acme_problem_line(const Json& name);
/// When its certificate ends.
std::string expiry_text(const Json& name);
/// The names with their states, problems first, and the accounts.
std::string acme_text(const Json& answer);
/// The member `acme` of a server's status, null without ACME: the numbers of names, and why some have no certificate.
std::string acme_lines(const Json& acme);

/// The TXT records as lines of a zone file, with comments about what DNS has.
std::string records_text(const Json& answer);
/// Whether DNS has each of them.
bool have_all_records(const Json& answer);

}  // namespace ferrotunnel::cli
