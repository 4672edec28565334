// Visitors for whom no stream can be opened yet: as many others of their service as may at a time already wait for the
// client's answer. Far away an answer takes a round trip, in which any number may come.
#include <algorithm>
#include <type_traits>
#include <utility>

#include "session/server_session.hpp"
#include "session/visitor_lines.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

std::string address_of(const directory::Visitor& visitor) {
    return visitor.from.text();
}

std::string address_of(const directory::TlsVisitor& visitor) {
    return text_of(visitor.from);
}

}  // namespace

// Opens a stream for a visitor. If others wait, it waits behind them, unless another trunk has room; if no trunk has
// room, it stays with the last one.
template <typename AnyVisitor>
void ServerSession::open_or_wait(std::uint32_t id, AnyVisitor visitor) {
    directory::VisitorLine& line = services_.at(id).line;
    if (line.empty() && !trunk_->session().must_wait(id)) {
        open_visitor(id, std::move(visitor));
        return;
    }
    if (pass_to_other(visitor)) {
        return;
    }
    if (line.is_full()) {
        refuse_visitor(address_of(visitor), Code::busy);
        return;
    }
    if (line.empty()) {
        lines_.push_back(id);
    }
    visitor.passed_on_by.clear();
    line.push(std::move(visitor));
}

template void ServerSession::open_or_wait(std::uint32_t id, directory::Visitor visitor);
template void ServerSession::open_or_wait(std::uint32_t id, directory::TlsVisitor visitor);

void ServerSession::refuse_visitor(const std::string& visitor, Code code) {
    shared_->counters->visitors_refused.fetch_add(1, std::memory_order_relaxed);
    shared_->log->debug("a visitor was refused", {{"visitor", visitor}, {"code", wire::name_of(code)}});
}

void ServerSession::on_room() {
    guarded([this] {
        auto lines = std::exchange(lines_, {});
        std::erase_if(lines, [this](std::uint32_t id) { return !serve_line(id); });
        lines_.insert(lines_.begin(), lines.begin(), lines.end());
    });
}

// Serves a line; true while somebody is left in it. The line is looked up anew each time, because a call may end the
// service.
bool ServerSession::serve_line(std::uint32_t id) {
    auto found = services_.find(id);
    while (found != services_.end() && !found->second.line.empty() && !trunk_->session().must_wait(id)) {
        found->second.line.give_first([this, id](auto visitor) { open_visitor(id, std::move(visitor)); });
        found = services_.find(id);
    }
    return found != services_.end() && !found->second.line.empty();
}

// Sends visitors on to other trunks: this one no longer carries the service, but others may.
void ServerSession::send_on(directory::VisitorLine line) {
    while (!line.empty()) {
        line.give_first([]<typename AnyVisitor>(AnyVisitor visitor) {
            if constexpr (std::is_same_v<AnyVisitor, directory::Visitor>) {
                const std::shared_ptr<directory::SharedPort> port = visitor.port;
                if (port) {  // else it is reset: a private service has no other way in
                    port->hand_over(std::move(visitor));
                }
            } else {
                directory::hand_over(std::move(visitor));
            }
        });
    }
}

}  // namespace ferrotunnel::session
