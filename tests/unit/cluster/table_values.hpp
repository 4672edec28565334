// Names, owners and times for the tests of tables.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "cluster/claim.hpp"

namespace ferrotunnel::cluster::test {

inline constexpr std::uint64_t table_seed = 4711;
inline constexpr TimePoint table_start = TimePoint() + std::chrono::hours(1);

inline wire::TokenId token_of(std::uint64_t number) {
    wire::TokenId token{};
    store_be<8>(token.data(), number);
    return token;
}

inline Owner owner_of(std::uint64_t token, std::uint64_t party = 1) {
    Owner owner{token_of(token), {}};
    store_be<8>(owner.party.data(), party);
    return owner;
}

inline Name path_of(const std::string& host, std::uint64_t number) {
    return Name::of_host(host, "/" + std::to_string(number));
}

}  // namespace ferrotunnel::cluster::test
