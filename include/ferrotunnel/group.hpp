// Group: several clients share a service.
#pragma once

#include <cstdint>
#include <string>

namespace ferrotunnel {

/// Makes a client one of several that offer a service together: those with the same token whose service asks for the
/// same port or host, and has a group of this name. Each visitor, and each request of HTTP, goes to one of the members;
/// one that leaves, or is lost, gets no more, and the others go on. All members must describe the service alike, but
/// for its name and its backend. Not of a private service, nor of one that asks for plugins.
struct Group {
    /// How visitors are spread. All members must say the same.
    enum class Balance : std::uint8_t {
        round_robin,  ///< in turn, each as often as its weight says
        least,        ///< to the one that has the fewest visitors for its weight
        two_choices,  ///< to the one of two, drawn by weight, that has fewer
    };

    /// 1 to 64 letters, digits and "._-:/[]*". Empty: the client offers the service alone.
    std::string name{};
    Balance balance = Balance::round_robin;
    /// How many visitors it gets beside the others: 1 to 100.
    unsigned weight = 1;
    /// Whether it gets visitors only while no other member is there.
    bool standby = false;

    friend bool operator==(const Group&, const Group&) = default;
};

}  // namespace ferrotunnel
