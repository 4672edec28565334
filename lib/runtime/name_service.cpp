#include "runtime/name_service.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <thread>
#include <utility>

namespace ferrotunnel::runtime {

namespace {

constexpr auto again_after = std::chrono::milliseconds(100);

}  // namespace

std::vector<SocketAddress> known_addresses(const net::HostPort& place) {
    if (place.host.empty() || net::is_localhost(place.host)) {
        return {*SocketAddress::from_ip("127.0.0.1", place.port), *SocketAddress::from_ip("::1", place.port)};
    }
    if (auto address = SocketAddress::from_ip(place)) {
        return {*address};
    }
    return {};
}

NameService::NameService(std::shared_ptr<buffer::Mailbox> mailbox)
    : mailbox_(std::move(mailbox)), self_(std::make_shared<NameService*>(this)) {}

NameService::~NameService() {
    *self_ = nullptr;
}

NameService::Ticket NameService::resolve(const std::string& host, Callback callback) {
    check_here(*mailbox_);
    const auto question = open_.emplace(last_ + 1, Query{host, std::move(callback)}).first;
    bool begins = false;
    try {
        begins = under_way_.insert(host).second;
        begin(host, begins);
    } catch (...) {  // there will be no result: as if it had never been requested
        open_.erase(question);
        if (begins) {
            under_way_.erase(host);
        }
        throw;
    }
    return ++last_;
}

// Queries the cache, even while the first request is in progress: an older result may satisfy a later caller, and
// then all callers get it.
void NameService::begin(const std::string& host, bool is_first) {
    auto deliver = [self = self_, host](NameAnswer found) {
        return [self, host, found = std::move(found)] {
            if (*self != nullptr) {
                (*self)->answer(host, found);
            }
        };
    };
    if (auto known = known_addresses({host, 0}); !known.empty()) {
        mailbox_->post_call(deliver({{}, std::move(known)}));
        return;
    }
    NameCache::Callback callback = [deliver, mailbox = mailbox_](const NameAnswer& found) {
        while (true) {
            try {
                mailbox->post_call(deliver(found));
                return;
            } catch (const std::bad_alloc&) {
                // allowed: no worker's thread, and the caller waits for an answer
                std::this_thread::sleep_for(again_after);
            }
        }
    };
    if (auto known = cache_->find(host, is_first ? std::move(callback) : nullptr)) {
        mailbox_->post_call(deliver(std::move(*known)));
    }
}

void NameService::forget(Ticket ticket) noexcept {
    check_here(*mailbox_);
    open_.erase(ticket);
}

// Calls all that requested `host`. Allocates nothing itself, so that every waiting caller gets the result.
void NameService::answer(const std::string& host, const NameAnswer& found) {
    under_way_.erase(host);
    const Ticket last = last_;  // a name that a callback requests is another request
    Ticket at = 0;
    while (true) {
        const auto next = std::find_if(open_.upper_bound(at), open_.end(),
                                       [&host](const auto& one) { return one.second.host == host; });
        if (next == open_.end() || next->first > last) {
            return;
        }
        at = next->first;
        const auto question = open_.extract(next);
        const Callback& callback = question.mapped().callback;
        try {
            callback(found.error, found.addresses);
        } catch (const std::bad_alloc&) {
            callback(std::make_error_code(std::errc::not_enough_memory), {});
        }
    }
}

}  // namespace ferrotunnel::runtime
