// Record of the holders of hosts and ports, which a server restores after a restart. Values and text only;
// claim_file.hpp stores them on disk.
//
//   ferrotunnel claims 1
//   host <token> <since when its client is offline, in seconds since 1970; 0 if it is connected> <host> <path, or tls>
//   assigned <token> <host> <service>
//   port <token> <port> <the address it listens on, where that is not the usual one>
//   udp <token> <port> <likewise>
//
// A token is its id in hex, which is not a secret (docs/protocol.md, 7). Unreadable lines are skipped: the worst effect
// of damage is that a host is unknown until its client connects.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "directory/claim_name.hpp"
#include "login/token.hpp"

namespace ferrotunnel::directory {

struct ClaimRecord {
    /// How many entries are written, and how many of each kind are read. More hosts than may stay known without their
    /// clients would be useless.
    static constexpr std::size_t entries_max = 65'536;
    static constexpr std::size_t bytes_max = 32'000'000;

    struct Host {
        login::TokenId owner{};
        std::string host;                          // as HttpDescription has it
        std::string path;                          // as HttpDescription::claimed_path
        std::chrono::sys_seconds offline_since{};  // zero if its client was there

        friend bool operator==(const Host&, const Host&) = default;
    };
    struct Assigned {
        login::TokenId owner{};
        std::string service;
        std::string host;

        friend bool operator==(const Assigned&, const Assigned&) = default;
    };
    struct Port {
        login::TokenId owner{};
        std::uint16_t port = 0;
        Transport transport = Transport::tcp;
        std::string address{};  // an IP address; empty: the usual one, or it is not known

        friend bool operator==(const Port&, const Port&) = default;
    };

    std::vector<Host> hosts;
    std::vector<Assigned> assigned;
    std::vector<Port> ports;

    friend bool operator==(const ClaimRecord&, const ClaimRecord&) = default;
};

/// IP addresses of ports, by owner.
using PortAddresses = std::map<std::tuple<login::TokenId, Transport, std::uint16_t>, std::string>;

/// Drops what exceeds these bounds, from the tokens that have most, so that they cannot displace the claims of others.
/// In a token's share of the bytes, each line counts for at least bytes_max / entries_max.
void share_out(ClaimRecord& record, std::size_t entries_max = ClaimRecord::entries_max,
               std::size_t bytes_max = ClaimRecord::bytes_max);

std::string write_claims(const ClaimRecord& record);
ClaimRecord read_claims(std::string_view text);

}  // namespace ferrotunnel::directory
