// A visitor's address as OPEN carries it.
#pragma once

#include "runtime/address.hpp"
#include "net/ip_address.hpp"

namespace ferrotunnel::tunnel {

/// An IPv4 address in IPv6 clothes becomes IPv4.
wire::Address visitor_address(const runtime::SocketAddress& from) noexcept;

}  // namespace ferrotunnel::tunnel
