// What a service says about the exit that is its backend: the check, and the form that the engine takes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/exit.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/tcp.hpp"

namespace ferrotunnel::detail {

/// What is wrong with a user's name or password, worded so that it can follow them; empty: nothing.
std::string problem_of_user_name(const std::string& name);
std::string problem_of_password(const Secret& password);

/// Appends what is wrong with `allow` and `users`, where `local` is in its full form.
void check_exit(const Tcp& tcp, std::vector<Problem>& problems);

/// Makes the exit, after check_exit has found nothing.
std::shared_ptr<backend::Exit> make_exit(const Tcp& tcp);

}  // namespace ferrotunnel::detail
