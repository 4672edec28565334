// Messages of DNS (RFC 1035, 4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace ferrotunnel::issuance {

enum class DnsType : std::uint16_t { a = 1, txt = 16, aaaa = 28 };

/// A recursive query with this number, which allows answers of 1,232 bytes by UDP (RFC 6891). Empty: the name cannot be
/// in DNS.
std::string make_dns_query(std::string_view name, DnsType type, std::uint16_t number);

struct DnsReply {
    enum class Kind : unsigned char {
        foreign,  // not the answer to this query: wait for another one
        cut,      // incomplete: query again by TCP
        failed,   // the server cannot answer
        malformed,
        complete,
    };

    Kind kind = Kind::foreign;
    /// The values of the records of this type, at most limits::dns_records_max: texts, or addresses. Records for any
    /// name are read, since the name may be an alias.
    std::vector<std::string> values{};
    std::uint8_t code = 0;  // failed: why (RFC 1035, 4.1.1)
};

/// Reads a message that may be the answer to `query`.
DnsReply read_dns_reply(Bytes message, std::string_view query, DnsType type);

}  // namespace ferrotunnel::issuance
