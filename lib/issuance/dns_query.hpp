// One DNS query, which blocks.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "issuance/dns_lookup.hpp"
#include "issuance/dns_message.hpp"
#include "issuance/limits.hpp"

namespace ferrotunnel::issuance {

/// `server`: as for DnsLookup::set_server(). Takes at most about `time`.
DnsAnswer query_dns(const std::string& name, DnsType type, const std::string& server, Duration time = limits::dns_time);

}  // namespace ferrotunnel::issuance
