// One DNS query, which blocks.
#pragma once

#include <string>

#include "issuance/dns_lookup.hpp"
#include "issuance/dns_message.hpp"

namespace ferrotunnel::issuance {

/// `server`: as for DnsLookup::set_server(). Takes at most about limits::dns_time.
DnsAnswer query_dns(const std::string& name, DnsType type, const std::string& server);

}  // namespace ferrotunnel::issuance
