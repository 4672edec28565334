#include "runtime/name_service.hpp"

#include <netdb.h>

#include <cerrno>
#include <thread>
#include <utility>

namespace ferrotunnel::runtime {

namespace {

class ResolveCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "resolve"; }
    std::string message(int code) const override { return ::gai_strerror(code); }
};

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
    Ticket ticket = ++last_;
    open_.emplace(ticket, Question{host, std::move(callback)});
    if (under_way_[host]++ > 0) {
        return ticket;
    }
    auto deliver = [self = self_, host](Answer found) {
        return [self, host, found = std::move(found)] {
            if (*self != nullptr) {
                (*self)->answer(host, found);
            }
        };
    };
    if (auto known = known_without_asking(host); !known.empty()) {
        mailbox_->post_call(deliver({{}, std::move(known)}));
        return ticket;
    }
    try {
        // allowed: nothing ends a lookup early, and joining would wait for it
        std::thread([host, deliver, mailbox = mailbox_] { mailbox->post_call(deliver(look_up(host))); }).detach();
    } catch (const std::system_error& failure) {  // no more threads
        mailbox_->post_call(deliver({failure.code(), {}}));
    }
    return ticket;
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

void NameService::answer(const std::string& host, const Answer& found) {
    under_way_.erase(host);
    std::vector<Ticket> asked;
    for (const auto& [ticket, question] : open_) {
        if (question.host == host) {
            asked.push_back(ticket);
        }
    }
    for (Ticket ticket : asked) {
        auto node = open_.extract(ticket);  // empty when an earlier callback forgot it
        if (!node.empty()) {
            node.mapped().callback(found.error, found.addresses);
        }
    }
}

}  // namespace ferrotunnel::runtime
