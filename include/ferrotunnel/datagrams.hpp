// How an application answers the datagrams of a UDP service itself, without a local port.
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
/// to the same visitor; one may be kept and used from any thread, also after the Client is gone.
class FERROTUNNEL_EXPORT DatagramVisitor {
public:
    /// Makes an empty handle, whose visitor is gone.
    DatagramVisitor() noexcept;
    DatagramVisitor(const DatagramVisitor&) noexcept;
    DatagramVisitor(DatagramVisitor&&) noexcept;
    DatagramVisitor& operator=(const DatagramVisitor&) noexcept;
    DatagramVisitor& operator=(DatagramVisitor&&) noexcept;
    ~DatagramVisitor();

    /// Its address, as the server saw it, and the service that it has come to.
    VisitorInfo info() const;
    /// Sends one datagram of 0 to 65,507 bytes to the visitor, at any time and any number of times. The bytes are
    /// copied. False: it was dropped, and counted (DatagramStats), since more waits for the trunk than may, or the
    /// visitor is gone, or it is too long. True says no more than with UDP itself.
    bool send(std::string_view payload) const noexcept;
    /// Whether the visitor is over: it was silent for the service's `idle`, or the service or the trunk that it came to
    /// has ended, or close() was called. What its address sends from then on is a new visitor's.
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

/// Called for each datagram, whose bytes are there until it returns. It runs on a worker (with run_on, on the
/// io_context's thread), and everything else of that worker waits until it returns: what takes time belongs elsewhere,
/// with a copy of the visitor for the answer. The datagrams of one visitor come one after the other, those of several
/// perhaps at once on several workers. What it throws is logged, and the datagram is lost.
using DatagramHandler = std::function<void(const DatagramVisitor&, std::string_view payload)>;

}  // namespace ferrotunnel
