// Slows down peers that try tokens. A token made up by a person can be guessed, one of 32 random bytes cannot: so an
// address that has sent many different wrong tokens is closed for weak ones, each time for longer, while strong ones
// continue to work. If more networks have tried than can be remembered, the others share one record for each region
// (/16 of IPv4, /32 of IPv6): an attacker with very many networks closes what is around them, and not the rest of the
// world. This cannot lock out a client with a strong token, not even from the client's own address.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "login/address_networks.hpp"
#include "login/token.hpp"

namespace ferrotunnel::login {

/// Remembers wrong tokens by network; any thread.
class BruteForceLimiter {
public:
    explicit BruteForceLimiter(std::size_t networks_max = limits::wrong_token_networks_max)
        : networks_max_(networks_max) {}

    /// Whether weak tokens from these networks are rejected unchecked at present.
    bool is_closed(const AddressNetworks& networks, TimePoint now) const;
    /// Counts a login that has failed with this token.
    void failed(const AddressNetworks& networks, const TokenId& token, TimePoint now);

    std::size_t networks() const;

private:
    struct Record {
        std::uint32_t failures = 0;
        TimePoint closed_until{};
        TimePoint known_until{};
        std::vector<TokenId> tokens{};  // the last ones, oldest first
    };

    static bool count(Record& record, std::uint32_t free, const TokenId& token, TimePoint now);
    Record* record_of(const std::string& network, TimePoint now) REQUIRES(mutex_);
    static bool is_dispensable(const Record& record, TimePoint now);
    static std::size_t place_of(const AddressNetworks& networks);

    const std::size_t networks_max_;
    mutable Mutex mutex_;
    std::map<std::string, Record> records_ GUARDED_BY(mutex_);  // by network
    // The shared records of networks for which there was no room, by region.
    std::vector<Record> rest_ GUARDED_BY(mutex_) = std::vector<Record>(limits::wrong_token_regions);
    TimePoint looked_at_ GUARDED_BY(mutex_){};
};

}  // namespace ferrotunnel::login
