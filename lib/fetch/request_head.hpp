// The head of our own requests, as bytes.
#pragma once

#include <string>

#include "fetch/message.hpp"

namespace ferrotunnel::fetch {

/// `may_last`: the connection may serve further requests.
std::string head_of(const Request& request, bool may_last);

}  // namespace ferrotunnel::fetch
