#include "peers/link_listener.hpp"

#include <new>
#include <utility>

namespace ferrotunnel::peers {
namespace {

// Members may all be behind one address, so there is no limit for one that is less than the total.
login::LoginLimiter::Settings unproved_limits() {
    login::LoginLimiter::Settings settings;
    settings.max = limits::links_unproved_max;
    settings.level_max.fill(limits::links_unproved_max);
    return settings;
}

constexpr LogCategory strangers{"cluster strangers"};

}  // namespace

LinkListener::LinkListener(Needs needs)
    : needs_(std::move(needs)), limiter_(std::make_shared<login::LoginLimiter>(unproved_limits())) {}

void LinkListener::start(runtime::Fd listener) {
    check_here(needs_.workers.at(0));
    runtime::Acceptor::Handlers handlers;
    handlers.on_accept = [this](runtime::Fd socket, const runtime::SocketAddress& from) {
        accepted(std::move(socket), from);
    };
    handlers.on_accept_error = [this](std::error_code error) {
        needs_.context.log.warn("cannot accept connections of cluster members", {{"why", error.message()}});
    };
    acceptor_.emplace(needs_.workers.at(0), std::move(listener), std::move(handlers));
}

void LinkListener::accepted(runtime::Fd socket, const runtime::SocketAddress& from) {
    const TimePoint now = needs_.workers.at(0).now();
    login::LoginLimiter::Answer answer = limiter_->enter(from, now);
    Logger& log = needs_.context.log;
    if (answer.fault != login::LoginLimiter::Fault::none && log.may_write(LogLevel::warn, strangers, now)) {
        log.warn(answer.ticket ? "too many connections to the cluster's port without a proof: the oldest was closed"
                               : "a connection to the cluster's port was closed: there are too many, or too often",
                 {{"peer", from.text()}, {"present", answer.present}});
    }
    if (!answer.ticket) {
        needs_.refused();
        return;
    }
    runtime::Worker& worker = needs_.workers.at(turn_++ % needs_.workers.size());
    auto link = std::make_shared<Link>(needs_.context, worker, from.text(), answer.ticket);
    answer.ticket->on_evict([itself = std::weak_ptr<Link>(link)] {
        if (const auto unproved = itself.lock()) {
            (void)unproved->post([](Link& one) { one.end_if_unproved(); });
        }
    });
    if (!needs_.made(link)) {
        return;
    }
    (void)link->post([socket = std::move(socket), tls = needs_.tls()](Link& one) mutable {
        one.start(std::move(socket), std::move(tls));
    });
}

}  // namespace ferrotunnel::peers
