// A visitor's address as OPEN carries it.
#pragma once

#include "net/ip_address.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::runtime {

/// An IPv4 address in IPv6 clothes becomes IPv4.
net::Address visitor_address(const runtime::SocketAddress& from) noexcept;

}  // namespace ferrotunnel::runtime
