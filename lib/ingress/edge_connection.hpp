// A visitor's connection as its worker knows it, whichever version of HTTP it speaks. What a connection is to the
// exchanges on it is exchange::ExchangeOwner: one connection of HTTP/1.1 is one owner, one of HTTP/2 has one for each
// of its streams.
#pragma once

#include <cstddef>

#include "base/intrusive_ptr.hpp"

namespace ferrotunnel::ingress {

class EdgeConnection : public RefCounted {
public:
    /// Lets what is being answered be the last; without any the connection ends now.
    virtual void drain() noexcept = 0;
    /// Closes at once; when called from within the connection's own work, as soon as that is over.
    virtual void end() noexcept = 0;

    // For EdgeWorker: the place in its list of connections.
    std::size_t place() const noexcept { return place_; }
    void set_place(std::size_t place) noexcept { place_ = place; }

private:
    std::size_t place_ = 0;
};

}  // namespace ferrotunnel::ingress
