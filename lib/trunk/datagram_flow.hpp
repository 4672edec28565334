// The datagrams of one visitor, at one end of its stream. The owner of their socket (a public port, a backend's socket)
// receives and passes whole datagrams here, and does not know how they travel:
//
//   plain    one DATAGRAM frame for each, on a stream of kind udp; those that waited too long are dropped
//   sealed   after their length in the bytes of a visit between two clients (trunk/sealed_datagrams.hpp)
//
// For one thread: that of the stream's endpoint half.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "buffer/slab.hpp"
#include "mux/stream.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::trunk {

class DatagramFlow {
public:
    virtual ~DatagramFlow() = default;

    enum class Next : std::uint8_t { datagram, nothing, over };
    /// Whether datagrams may pass. `nothing`: not yet, and the stream's waker will be called.
    virtual Next is_open() = 0;
    /// Takes the next received datagram. `nothing`: the stream's waker will be called. `over`: it was ended.
    virtual Next take(buffer::Slice& into) = 0;
    /// Queues a datagram for flush(), or drops and counts it.
    virtual void send(buffer::Slice payload, TimePoint now) = 0;
    virtual void flush() noexcept = 0;
    virtual mux::Stream::Drops drops() const noexcept = 0;
    /// Releases the stream, which ends with this code if it has not ended yet.
    virtual void end(wire::Code code) noexcept = 0;
};

/// Creates the flow of a visitor's stream. `late` is called when it has ended by itself. Empty: a plain one.
using FlowMaker = std::function<std::unique_ptr<DatagramFlow>(
    IntrusivePtr<mux::Stream>, const runtime::SocketAddress& from, std::function<void()> late)>;

std::unique_ptr<DatagramFlow> make_plain_flow(IntrusivePtr<mux::Stream> stream);

}  // namespace ferrotunnel::trunk
