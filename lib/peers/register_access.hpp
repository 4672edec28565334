// The register as the control links see it: messages in, messages out.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "cluster/effects.hpp"
#include "cluster/message.hpp"

namespace ferrotunnel::peers {

/// A present control link, as its register sees it. Both are called on any thread, with no lock held, and must not call
/// the register before they return.
class RegisterPeer {
public:
    virtual ~RegisterPeer() = default;
    /// next() has a message again.
    virtual void on_ready() noexcept = 0;
    /// The peer violates the protocol, or a newer link replaces this one: it is to be closed.
    virtual void on_refused(std::string why) noexcept = 0;
};

/// Thread-safe.
class RegisterAccess {
public:
    virtual ~RegisterAccess() = default;

    /// Never reused.
    virtual cluster::LinkId new_link() = 0;
    /// For the first message of a link.
    virtual cluster::Hello hello() const = 0;
    /// The peer's hello has arrived; an error, for people, if the peer is refused. `peer` is held until disconnected().
    virtual Result<cluster::MemberIndex, std::string> connected(cluster::LinkId link, const cluster::Hello& hello,
                                                                std::shared_ptr<RegisterPeer> peer) = 0;
    virtual void received(cluster::LinkId link, const cluster::Message& message) = 0;
    virtual void disconnected(cluster::LinkId link) = 0;
    /// The next message to send; none: on_ready() follows when there is one.
    virtual std::optional<cluster::Message> next(cluster::LinkId link) = 0;
};

}  // namespace ferrotunnel::peers
