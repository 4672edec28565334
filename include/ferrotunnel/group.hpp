// Groups: several clients share a service.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ferrotunnel {

/// Makes a client one of several that offer a service together: those with the same token whose service has the same
/// port or host and a group of this name. Each visitor, and each HTTP request, goes to one of the members; a member
/// that leaves or is lost gets no more, and the others continue. All members must describe the service alike, except
/// for its name and its backend. Not for private services, nor for services with plugins.
struct Group {
    // The numbers of the next two are sent to the server: add values at the end.

    /// How visitors are spread. Must be equal in all members.
    enum class Balance : std::uint8_t {
        round_robin,  ///< in turn, in proportion to their weights
        least,        ///< to the one with the fewest visitors for its weight
        two_choices,  ///< to the less busy of two, drawn at random by weight
    };

    /// Whether a visitor returns to its previous member, while that one accepts visitors. Must be equal in all members.
    enum class Sticky : std::uint8_t {
        off,
        address,  ///< by the visitor's address (IPv6: its /64): if a member leaves, only its own visitors move
        cookie,   ///< for HTTP: by a cookie that the server sets, which does not reveal the member
    };

    /// When the server gives a member no visitors for a while, because it failed others. Must be equal in all
    /// members. After that time one visitor is a trial: a success brings the member back, a failure ejects it for twice
    /// as long as before.
    struct Eject {
        /// Number of failures in a row, 1 to 1,000. 0: no member is ejected.
        unsigned failures = 0;
        /// How long a member is ejected: the first time, and at most. Each is from 100 ms to one hour.
        std::chrono::milliseconds first{10'000};
        std::chrono::milliseconds longest{300'000};
        /// Percentage of members that may be ejected at once, 1 to 100; at least one member may be.
        unsigned share = 50;
        /// What counts as a failure: a backend that cannot be reached, a connection that ends without a response (or
        /// has none in time), and for HTTP a status from 500 to 599.
        bool refused = true;
        bool resets = true;
        bool answers_5xx = true;
        /// Whether the last available member is ejected too; visitors are then refused (503, or a reset).
        bool last_too = false;

        friend bool operator==(const Eject&, const Eject&) = default;
    };

    /// 1 to 64 letters, digits and "._-:/[]*". Empty: the client does not share the service.
    std::string name{};
    Balance balance = Balance::round_robin;
    /// Relative weight of this client, 1 to 100: with 2, it gets twice as many visitors as a member with 1.
    unsigned weight = 1;
    /// Whether it gets visitors only while no other member is available.
    bool standby = false;
    Sticky sticky = Sticky::off;
    Eject eject{};

    friend bool operator==(const Group&, const Group&) = default;
};

}  // namespace ferrotunnel
