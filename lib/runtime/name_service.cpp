#include "runtime/name_service.hpp"

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <new>
#include <thread>
#include <utility>

namespace ferrotunnel::runtime {

namespace {

class ResolveCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "resolve"; }
    std::string message(int code) const override { return ::gai_strerror(code); }
};

constexpr auto again_after = std::chrono::milliseconds(100);

// Names that need no resolver: an address, this machine, or nothing.
std::vector<SocketAddress> known_without_asking(const std::string& host) {
    if (host.empty() || host == "localhost") {
        return {*SocketAddress::from_ip("127.0.0.1", 0), *SocketAddress::from_ip("::1", 0)};
    }
    if (auto address = SocketAddress::from_ip(host, 0)) {
        return {*address};
    }
    return {};
}

}  // namespace

const std::error_category& resolve_category() noexcept {
    static const ResolveCategory category;
    return category;
}

NameService::NameService(std::shared_ptr<buffer::Mailbox> mailbox)
    : mailbox_(std::move(mailbox)), self_(std::make_shared<NameService*>(this)) {}

NameService::~NameService() {
    *self_ = nullptr;
}

NameService::Ticket NameService::ask(const std::string& host, Callback callback) {
    const auto question = open_.emplace(last_ + 1, Question{host, std::move(callback)}).first;
    bool begins = false;
    try {
        begins = under_way_.insert(host).second;
        if (begins) {
            begin(host);
        }
    } catch (...) {  // nobody will answer: as if it had never been asked
        open_.erase(question);
        if (begins) {
            under_way_.erase(host);
        }
        throw;
    }
    return ++last_;
}

void NameService::begin(const std::string& host) {
    auto deliver = [self = self_, host](Answer found) {
        return [self, host, found = std::move(found)] {
            if (*self != nullptr) {
                (*self)->answer(host, found);
            }
        };
    };
    if (auto known = known_without_asking(host); !known.empty()) {
        mailbox_->post_call(deliver({{}, std::move(known)}));
        return;
    }
    auto look_it_up = [host, deliver, mailbox = mailbox_] {
        while (true) {
            try {
                mailbox->post_call(deliver(look_up(host)));
                return;
            } catch (const std::bad_alloc&) {
                // allowed: no worker's thread, and who has asked waits for an answer
                std::this_thread::sleep_for(again_after);
            }
        }
    };
    try {
        // allowed: nothing ends a lookup early, and joining would wait for it
        std::thread(std::move(look_it_up)).detach();
    } catch (const std::system_error& failure) {  // no more threads
        mailbox_->post_call(deliver({failure.code(), {}}));
    }
}

void NameService::forget(Ticket ticket) noexcept {
    open_.erase(ticket);
}

NameService::Answer NameService::look_up(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    if (code != 0) {
        return {code == EAI_SYSTEM ? std::error_code(errno, std::system_category())
                                   : std::error_code(code, resolve_category()),
                {}};
    }
    Answer answer;
    for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
        SocketAddress address(entry->ai_addr, entry->ai_addrlen);
        if (!address.empty()) {
            answer.addresses.push_back(address);
        }
    }
    ::freeaddrinfo(list);
    if (answer.addresses.empty()) {
        answer.error = {EAI_NONAME, resolve_category()};
    }
    return answer;
}

// Takes no memory itself, so that an answer reaches everybody who waits for it.
void NameService::answer(const std::string& host, const Answer& found) {
    under_way_.erase(host);
    const Ticket last = last_;  // what a callback asks is another question
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
