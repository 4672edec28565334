// Names, owners and times for the tests of tables.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "cluster/claim.hpp"

namespace ferrotunnel::test {

inline constexpr std::uint64_t table_seed = 4711;
inline constexpr TimePoint table_start = TimePoint() + std::chrono::hours(1);

inline wire::TokenId table_token(std::uint64_t number) {
    wire::TokenId token{};
    store_be<8>(token.data(), number);
    return token;
}

inline cluster::Owner table_owner(std::uint64_t token, std::uint64_t party = 1) {
    cluster::Owner owner{table_token(token), {}};
    store_be<8>(owner.party.data(), party);
    return owner;
}

inline cluster::Name table_path(const std::string& host, std::uint64_t number) {
    return cluster::Name::of_host(host, "/" + std::to_string(number));
}

}  // namespace ferrotunnel::test
