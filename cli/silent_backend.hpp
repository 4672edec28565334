// Whether anything listens at a backend of this machine, found out without connecting to it.
#pragma once

#include <string>

#include "output.hpp"

namespace ferrotunnel::cli {

/// True if `local`, in the form that services have it, is an address of this machine, or a unix socket, that nobody
/// listens at. False also if that can not be told, as for an address of another machine.
bool is_silent(const std::string& local);

/// Warns if nobody listens at `local`, and names the services that lead there. The tunnel goes on all the same: a
/// backend that is started later is reached.
void tell_if_silent(const std::string& local, const std::string& services, Output& output);

}  // namespace ferrotunnel::cli
