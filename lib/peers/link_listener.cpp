#include "peers/link_listener.hpp"

#include <new>
#include <utility>

namespace ferrotunnel::peers {
namespace {

std::shared_ptr<login::LoginLimiter> limiter(std::uint32_t of_address_max, std::uint32_t of_block_max) {
    login::LoginLimiter::Settings settings;
    settings.max = limits::links_unproved_max;
    settings.level_max = {of_address_max, of_address_max, of_block_max};
    return std::make_shared<login::LoginLimiter>(settings);
}

constexpr LogCategory strangers{"cluster strangers"};

}  // namespace

LinkListener::LinkListener(Needs needs)
    : needs_(std::move(needs)),
      strangers_(limiter(limits::links_unproved_of_address_max, limits::links_unproved_of_block_max)),
      members_(limiter(limits::links_unproved_max, limits::links_unproved_max)) {}

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
    const bool is_of_member = needs_.addresses.contains(from);
    login::LoginLimiter::Answer answer = (is_of_member ? members_ : strangers_)->enter(from, now);
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
