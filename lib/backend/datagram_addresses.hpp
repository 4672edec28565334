// Addresses of a backend's name for the datagrams of one UDP visitor.
//
// No connection shows whether a backend is there, so an address is abandoned when it refuses (ICMP) or does not
// respond:
//
// - With several addresses, one that has refused, or that has not responded for limits::udp_answer_patience, makes room
//   for the next one, until each had its turn; then it is the first one's turn again. One that has responded is kept
//   until it has been silent for limits::udp_resolve_after.
// - After a refusal, and after limits::udp_resolve_after without a response, the name is resolved again. If the address
//   is no longer among the name's, the first one of the new addresses replaces it.
//
// Silence at a loopback address has no meaning: there the system refuses datagrams to a port without a listener.
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
        bool resolves = false;  // the name has to be resolved again, for `renew`
    };

    /// `is_name`: they can be resolved again. At least one address, all with their port.
    void set(std::vector<runtime::SocketAddress> found, bool is_name);
    /// The name's present addresses, at least one. Returns whether `current` has changed.
    bool renew(std::vector<runtime::SocketAddress> found);

    bool is_empty() const noexcept { return all_.empty(); }
    std::size_t size() const noexcept { return all_.size(); }
    const runtime::SocketAddress& current() const noexcept { return all_[at_]; }

    /// Continues to the next address: this machine cannot send to the current one.
    void skip() noexcept;
    /// To be called before datagrams are sent.
    Advice before_sending(TimePoint now) noexcept;
    Advice refused(TimePoint now) noexcept;
    /// Returns whether the name's other addresses should be tried after this one from now on.
    bool answered() noexcept;

private:
    bool may_resolve(TimePoint now) noexcept;

    std::vector<runtime::SocketAddress> all_;
    std::size_t at_ = 0;
    std::size_t tries_left_ = 0;  // how many more addresses are tried without a response
    bool is_name_ = false;
    bool has_answered_ = false;           // the current one
    bool has_refused_ = false;            // the current one
    TimePoint unanswered_since_ = never;  // when the first unanswered datagram was sent to the current address
    TimePoint silent_since_ = never;      // likewise to any address, since the name was last resolved
    TimePoint resolved_at_{};
};

}  // namespace ferrotunnel::backend
