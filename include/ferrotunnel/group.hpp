// Group: several clients share a service.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ferrotunnel {

/// Makes a client one of several that offer a service together: those with the same token whose service asks for the
/// same port or host, and has a group of this name. Each visitor, and each request of HTTP, goes to one of the members;
/// one that leaves, or is lost, gets no more, and the others continue. All members must describe the service alike, but
/// for its name and its backend. Not of a private service, nor of one that asks for plugins.
struct Group {
    /// How visitors are spread. All members must say the same.
    enum class Balance : std::uint8_t {
        round_robin,  ///< in turn, each as often as its weight says
        least,        ///< to the one that has the fewest visitors for its weight
        two_choices,  ///< to the one of two, drawn by weight, that has fewer
    };

    /// Whether a visitor comes to the member again that it had before, as long as that one takes visitors. All members
    /// must say the same.
    enum class Sticky : std::uint8_t {
        off,
        address,  ///< by the address that it comes from, of IPv6 its /64: a member that goes moves only its own
        cookie,   ///< of HTTP: by a cookie that the server sets, which tells nobody who the member is
    };

    /// When the server gives a member no visitors for a while, since it fails those that it gets. All members must say
    /// the same. After its time one visitor is its trial: a good one brings it back, a bad one takes it out for twice
    /// as long as before.
    struct Eject {
        /// So many failures in a row, 1 to 1,000. 0: no member is ejected.
        unsigned failures = 0;
        /// How long it is out the first time, and at most: 100 ms to an hour.
        std::chrono::milliseconds first{10'000};
        std::chrono::milliseconds longest{300'000};
        /// How many of a hundred members may be out at once, 1 to 100; one always may.
        unsigned share = 50;
        /// What is a failure: a backend that cannot be reached, an end without an answer (or none in time), and of
        /// HTTP an answer from 500 to 599.
        bool refused = true;
        bool resets = true;
        bool answers_5xx = true;
        /// Whether the last member that takes visitors is ejected too: visitors are refused then (503, or a reset).
        bool last_too = false;

        friend bool operator==(const Eject&, const Eject&) = default;
    };

    /// 1 to 64 letters, digits and "._-:/[]*". Empty: the client offers the service alone.
    std::string name{};
    Balance balance = Balance::round_robin;
    /// How many visitors it gets beside the others: 1 to 100.
    unsigned weight = 1;
    /// Whether it gets visitors only while no other member is there.
    bool standby = false;
    Sticky sticky = Sticky::off;
    Eject eject{};

    friend bool operator==(const Group&, const Group&) = default;
};

}  // namespace ferrotunnel
