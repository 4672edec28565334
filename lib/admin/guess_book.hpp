// Where wrong secrets of a dashboard came from, and whether more may be tried from there.
//
//   an address           admin_guesses within a minute, then nothing for the rest of it
//   further addresses    once admin_guessers_max are remembered: those of a network (IPv4: /16, IPv6: /32) together
//   have
//                        admin_shared_guesses, and of networks beyond as many, all of those together
//
// Shared limits are rates and block nobody for long: the right secret gets in after a few attempts. An address without
// a wrong secret is not stored.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/token_bucket.hpp"

namespace ferrotunnel::admin {

/// For one thread. Addresses are texts: "192.0.2.7", "[2001:db8::7]", or the network that counts as one address.
class GuessBook {
public:
    bool may_try(std::string_view address, TimePoint now);
    void failed(std::string_view address, TimePoint now);

    std::size_t addresses() const noexcept { return addresses_.size(); }
    std::size_t networks() const noexcept { return networks_.size(); }

private:
    struct Guesses {
        TimePoint since{};
        unsigned wrong = 0;
    };

    void forget(TimePoint now);
    TokenBucket* shared_by(std::string_view address);

    std::map<std::string, Guesses, std::less<>> addresses_;
    std::map<std::string, TokenBucket, std::less<>> networks_;
    TokenBucket others_;
};

}  // namespace ferrotunnel::admin
