// Datagrams of a UDP service that the application serves itself, without a local port.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "ferrotunnel/export.hpp"
#include "ferrotunnel/visitor_info.hpp"

namespace ferrotunnel {

namespace detail {
class DatagramLine;
}

/// An address that sends datagrams to a UDP service which the application serves (Client::listen). Copies are handles
/// to the same visitor; they may be kept and used from any thread, also after the Client is destroyed.
class FERROTUNNEL_EXPORT DatagramVisitor {
public:
    /// Makes an empty handle; is_gone() is true.
    DatagramVisitor() noexcept;
    DatagramVisitor(const DatagramVisitor&) noexcept;
    DatagramVisitor(DatagramVisitor&&) noexcept;
    DatagramVisitor& operator=(const DatagramVisitor&) noexcept;
    DatagramVisitor& operator=(DatagramVisitor&&) noexcept;
    ~DatagramVisitor();

    /// Its address, as the server saw it, and its service.
    VisitorInfo info() const;
    /// Sends one datagram of 0 to 65,507 bytes to the visitor, at any time and any number of times. The bytes are
    /// copied. False: the datagram was dropped and counted (DatagramStats), because the queue of the tunnel
    /// connection is full, the visitor has ended, or it is too long. True does not guarantee delivery, as with UDP
    /// itself.
    bool send(std::string_view payload) const noexcept;
    /// Whether the visitor has ended: it was silent for the service's `idle`, or its service or tunnel connection has
    /// ended, or close() was called. Later datagrams from its address belong to a new visitor.
    bool is_gone() const noexcept;
    /// Forgets the visitor.
    void close() const noexcept;

    /// Whether both are handles to one visitor.
    friend bool operator==(const DatagramVisitor& a, const DatagramVisitor& b) noexcept { return a.line_ == b.line_; }

    /// Only for the library.
    explicit DatagramVisitor(std::shared_ptr<detail::DatagramLine> line) noexcept;

private:
    std::shared_ptr<detail::DatagramLine> line_;
};

/// Called for each datagram, whose bytes are valid until it returns. It runs on a worker (with run_on, on the
/// io_context's thread) and must not block, since that worker's other work waits: do slow work elsewhere, with a copy
/// of the visitor for the reply. The datagrams of one visitor arrive one after the other, those of several visitors
/// possibly at once on several workers. An exception is logged, and the datagram is lost.
using DatagramHandler = std::function<void(const DatagramVisitor&, std::string_view payload)>;

}  // namespace ferrotunnel
