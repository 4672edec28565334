// One visitor of a named service on its way to another member: its stream is opened at one member after the other,
// until a client there accepts it. Until then nothing of the visitor is sent, so an attempt changes nothing for it.
//
//   begin() --fewest streams first--> OPEN on a data link --OPENED--> RemoteOpened with the stream
//              ^                  |--unknown_service, busy, going_away, link lost, no answer in time: the next
//              |                  |  member, two at most
//              '------------------'--other codes, or no further member: RemoteOpened with the code
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "buffer/waker.hpp"
#include "mux/session.hpp"
#include "peers/link.hpp"
#include "peers/peer_carrier.hpp"
#include "runtime/deadline_wheel.hpp"
#include "session/remote_service.hpp"

namespace ferrotunnel::peers {

/// Members that a visitor is sent to, one after the other: the first, and two more.
inline constexpr std::size_t remote_members_max = 3;

/// Its own stream's waker until it is over.
class RemoteOpening final : public buffer::Waker, private runtime::Deadline {
public:
    using Members = std::vector<std::shared_ptr<PeerCarrier>>;

    /// `members`: that have the service, the preferred one first.
    RemoteOpening(Members members, const session::RemoteService& to, const net::Address& visitor,
                  session::RemoteOpened opened);
    ~RemoteOpening() override;

    /// Once, on any thread.
    void begin() noexcept;

    void wake() noexcept override;

private:
    void on_deadline() noexcept override;
    void try_next();
    void open_on(Link& link);
    bool step();
    void give_up(wire::Code code);
    void give(Result<session::RemoteStream, wire::Code> result);

    const Members members_;
    const std::vector<std::uint8_t> metadata_;
    mux::Session::OpenRequest request_;
    session::RemoteOpened opened_;  // empty: it is over
    std::size_t tried_ = 0;
    wire::Code code_ = wire::Code::unknown_service;  // of the last attempt
    // On the worker of the link:
    std::shared_ptr<Link> link_;
    IntrusivePtr<mux::Stream> stream_;
};

}  // namespace ferrotunnel::peers
