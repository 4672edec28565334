// Queue of one service's visitors that wait, in order, until its client has answered those before them.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "base/limits.hpp"
#include "directory/shared_port.hpp"
#include "directory/tls_visitor.hpp"

namespace ferrotunnel::directory {

/// Lives on its trunk's worker. Its destructor rejects the queued visitors, like visitors without a carrier.
class VisitorQueue {
public:
    bool empty() const noexcept { return visitors_.empty(); }
    bool is_full() const noexcept { return visitors_.size() >= limits::visitors_waiting_max; }

    /// Appends a visitor, and holds its port, if it arrived at one (see SharedPort::AcceptPause).
    void push(Visitor visitor) {
        if (!port_ && visitor.port) {
            port_.emplace(visitor.port);
        }
        visitors_.emplace_back(std::move(visitor));
    }
    void push(TlsVisitor visitor) { visitors_.emplace_back(std::move(visitor)); }

    /// Gives the first visitor to `take(Visitor)` or `take(TlsVisitor)`.
    template <typename Take>
    void consume_first(Take take) {
        std::list<Any> first;
        first.splice(first.end(), visitors_, visitors_.begin());
        if (visitors_.empty()) {
            port_.reset();
        }
        std::visit([&take](auto& visitor) { take(std::move(visitor)); }, first.front());
    }

private:
    using Any = std::variant<Visitor, TlsVisitor>;
    std::list<Any> visitors_;
    std::optional<SharedPort::AcceptPause> port_;
};

}  // namespace ferrotunnel::directory
