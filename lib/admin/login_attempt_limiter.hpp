// Origins of wrong secrets for a dashboard, and whether more may be tried from there.
//
//   an address           admin_guesses within a minute, then nothing for the rest of it
//   a home, a block      admin_guesses_of_home, admin_guesses_of_block: addresses cost nothing where there are many
//   further blocks       once admin_guessers_max are stored: admin_shared_guesses for each region (IPv4: /16,
//                        IPv6: /32), and beyond as many regions, for all others together
//
// An address that has sent the right secret lately is limited only by its own guesses. Shared limits are rates and
// block nothing for long. A network without a wrong secret is not stored.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/token_bucket.hpp"
#include "login/address_networks.hpp"

namespace ferrotunnel::admin {

/// For one thread.
class LoginAttemptLimiter {
public:
    bool may_try(const login::AddressNetworks& from, TimePoint now);
    void failed(const login::AddressNetworks& from, TimePoint now);
    /// The right secret was sent from there.
    void succeeded(const login::AddressNetworks& from);

    /// Number of stored networks of a level (see AddressNetworks).
    std::size_t networks(std::size_t level) const noexcept { return levels_[level].size(); }
    std::size_t regions() const noexcept { return regions_.size(); }
    std::size_t trusted_addresses() const noexcept { return trusted_.size(); }

private:
    struct Guesses {
        TimePoint since{};
        unsigned wrong = 0;
    };
    using Level = std::map<std::string, Guesses, std::less<>>;

    void forget(TimePoint now);
    static unsigned wrong_of(const Level& level, const std::string& network, TimePoint now);
    static bool count(Level& level, const std::string& network, TimePoint now);
    bool is_trusted(const std::string& address) const;
    TokenBucket& shared_by(std::string_view block);

    std::array<Level, login::network_levels> levels_;
    std::map<std::string, TokenBucket, std::less<>> regions_;
    TokenBucket others_;
    std::deque<std::string> trusted_;  // addresses, the latest last
    TimePoint forgot_at_{};
};

}  // namespace ferrotunnel::admin
