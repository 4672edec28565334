// Exit settings of a service: validation, and conversion to the engine's form.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/exit.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/tcp.hpp"

namespace ferrotunnel::detail {

/// The problem of a user's name or password, worded to follow the value's name or key; empty if there is none.
std::string problem_of_user_name(const std::string& name);
std::string problem_of_password(const Secret& password);

/// Appends the problems of `allow` and `users`; `local` must be in its full form.
void check_exit(const Tcp& tcp, std::vector<Problem>& problems);

/// Makes the exit, after check_exit found no problems.
std::shared_ptr<backend::Exit> make_exit(const Tcp& tcp);

}  // namespace ferrotunnel::detail
