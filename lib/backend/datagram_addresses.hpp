// Which address of a backend's name the datagrams of one UDP visitor go to.
//
// No connection says whether anybody is there, so an address is left when it refuses (ICMP) or does not answer:
//
//   - With several addresses, one that has refused, or that has not answered for limits::udp_answer_patience, makes
//   room
//     for the next one, until each had its turn; then it is the first one's again. One that has answered is left in
//     peace until it has been silent for limits::udp_resolve_after.
//   - After a refusal, and after limits::udp_resolve_after without an answer, the name is resolved again. If the
//   address
//     is none of the name's any more, the first one of the new addresses takes its place.
//
// Silence at a loopback address says nothing: there the system refuses what nobody listens to.
#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::backend {

class DatagramAddresses {
public:
    struct Advice {
        bool moves = false;     // `current` is another address now
        bool resolves = false;  // the name is to be resolved again, for `renew`
    };

    /// `is_name`: they can be resolved again. At least one address, all with their port.
    void set(std::vector<runtime::SocketAddress> found, bool is_name);
    /// The name's addresses by now, of which there is at least one. Returns whether `current` is another one.
    bool renew(std::vector<runtime::SocketAddress> found);

    bool is_empty() const noexcept { return all_.empty(); }
    std::size_t size() const noexcept { return all_.size(); }
    const runtime::SocketAddress& current() const noexcept { return all_[at_]; }

    /// Continues to the next address: this machine cannot send to the current one.
    void skip() noexcept;
    /// To be called before datagrams are sent.
    Advice before_sending(TimePoint now) noexcept;
    Advice refused(TimePoint now) noexcept;
    /// Returns whether the name's other addresses should come behind this one from now on.
    bool answered() noexcept;

private:
    bool may_resolve(TimePoint now) noexcept;

    std::vector<runtime::SocketAddress> all_;
    std::size_t at_ = 0;
    std::size_t turns_ = 0;  // how many more addresses are tried if nothing answers
    bool is_name_ = false;
    bool has_answered_ = false;       // the current one
    bool has_refused_ = false;        // the current one
    TimePoint asked_at_ = never;      // the first datagram to the current address that nothing has answered
    TimePoint silent_since_ = never;  // the same, at whichever address, since the name was resolved again
    TimePoint resolved_at_{};
};

}  // namespace ferrotunnel::backend
