#include "ingress/connect_port.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/text.hpp"
#include "http/request_parser.hpp"
#include "ingress/preface.hpp"
#include "login/connection_limiter.hpp"
#include "net/ip_text.hpp"
#include "runtime/acceptor.hpp"
#include "runtime/deadline_wheel.hpp"
#include "trunk/socket_pump.hpp"

namespace ferrotunnel::ingress {

namespace {

constexpr http::HeadLimits connect_limits{connect_head_max, connect_head_max, limits::http_fields_max, 512};
constexpr std::uint32_t over_events = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

// Peeks at the bytes in the socket, without taking them. Empty if the visitor is gone.
std::optional<std::string_view> look_ahead(int fd, std::array<char, connect_head_max + 1>& into) noexcept {
    ssize_t got = 0;
    do {
        got = ::recv(fd, into.data(), into.size(), MSG_PEEK);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        return std::string_view(into.data(), static_cast<std::size_t>(got));
    }
    return got < 0 && errno == EAGAIN ? std::optional<std::string_view>(std::string_view()) : std::nullopt;
}

// Responds without waiting. The received part of the request is read first: closing a socket with unread bytes resets
// it, and the response would be lost.
void refuse(runtime::Fd socket, std::uint16_t status, std::string_view sentence) noexcept try {
    std::array<std::uint8_t, 4'096> thrown_away;
    for (int i = 0; i < 8 && runtime::read_some(socket.get(), MutableBytes(thrown_away)).bytes > 0; ++i) {
    }
    (void)runtime::write_some(socket.get(), as_bytes(written_refusal(status, sentence)));
    (void)runtime::shutdown_send(socket.get());
} catch (const std::exception&) {
    // No memory for the response: the connection is closed without one.
}

runtime::Fd as_pumped(runtime::Fd listener) {
    trunk::set_pumped_socket_options(listener.get());
    return listener;
}

}  // namespace

/// Where visitors are received. A callback during whose call it ends keeps it alive.
class ConnectPort::Impl {
public:
    Impl(runtime::Worker& worker, runtime::Fd listener, Settings settings, Logger& log)
        : worker_(worker),
          log_(log),
          settings_(std::move(settings)),
          wheel_(worker),
          prefaces_(worker, wheel_, log),
          acceptor_(
              worker, as_pumped(std::move(listener)),
              {[this](runtime::Fd socket, const runtime::SocketAddress& from) { on_accept(std::move(socket), from); },
               [this](std::error_code why) {
                   log_.error("accepting a CONNECT visitor failed; trying again", {{"why", why.message()}});
               }}) {}

private:
    /// A visitor whose head is not complete yet.
    class Reading final : private runtime::PollTarget, private runtime::Deadline {
    public:
        Reading(Impl& impl, runtime::Fd socket, const runtime::SocketAddress& from, login::ConnectionTicket ticket)
            : impl_(impl), socket_(std::move(socket)), from_(from), ticket_(std::move(ticket)) {}
        ~Reading() { leave(); }
        Reading(const Reading&) = delete;
        Reading& operator=(const Reading&) = delete;

        /// Peeks, and waits for what is still missing. False if it is over, and this object is of no further use.
        bool begin() {
            if (!examine()) {
                return false;
            }
            impl_.worker_.poller().add_input(socket_.get(), *this);
            watched_ = true;
            impl_.wheel_.set_after(*this, impl_.settings_.deadline);
            return true;
        }

    private:
        bool examine();
        void leave() noexcept {
            if (std::exchange(watched_, false)) {
                impl_.worker_.poller().remove(socket_.get(), *this);
            }
        }
        void decide(const http::RequestHead& head, std::size_t size);
        void on_events(std::uint32_t events) noexcept override {
            try {
                if (!examine() || (events & over_events) != 0) {
                    impl_.drop(*this);
                }
            } catch (const std::exception& problem) {
                log_not_accepted(impl_.log_, impl_.worker_.now(), from_.ip(), problem.what());
                impl_.drop(*this);
            }
        }
        void on_deadline() noexcept override {
            leave();
            refuse(std::move(socket_), 408, "The request did not arrive in time.");
            impl_.drop(*this);
        }

        Impl& impl_;
        runtime::Fd socket_;
        const runtime::SocketAddress from_;
        const login::ConnectionTicket ticket_;
        bool watched_ = false;
    };

    void on_accept(runtime::Fd socket, const runtime::SocketAddress& from);
    void receive(runtime::Fd socket, const runtime::SocketAddress& from, login::ConnectionTicket ticket);
    void tell_refused(const runtime::SocketAddress& from, const std::string& service, std::uint16_t status);
    void drop(Reading& reading) noexcept { readings_.erase(&reading); }

    runtime::Worker& worker_;
    Logger& log_;
    const Settings settings_;
    const std::shared_ptr<login::ConnectionLimiter> limiter_ =
        std::make_shared<login::ConnectionLimiter>(connect_visitors_max, connect_visitors_per_address_max);
    const std::uint64_t descriptors_max_ = runtime::descriptors_for_visitors();
    runtime::DeadlineWheel wheel_;
    Prefaces prefaces_;
    std::unordered_map<Reading*, std::unique_ptr<Reading>> readings_;
    runtime::Acceptor acceptor_;
};

// True if more has to arrive.
bool ConnectPort::Impl::Reading::examine() {
    std::array<char, connect_head_max + 1> room;
    const auto seen = look_ahead(socket_.get(), room);
    if (!seen) {
        return false;
    }
    http::RequestParser parser(connect_limits, true);
    switch (parser.parse(*seen)) {
        case http::ParseState::more:
            return true;
        case http::ParseState::refused:
            leave();
            refuse(std::move(socket_), parser.refusal().status, parser.refusal().text);
            return false;
        case http::ParseState::complete:
            break;
    }
    leave();
    decide(parser.head(), parser.size());
    return false;
}

void ConnectPort::Impl::Reading::decide(const http::RequestHead& head, std::size_t size) {
    if (head.method != http::Method::connect) {
        refuse(std::move(socket_), 405, "This port accepts only CONNECT: CONNECT service:port.");
        return;
    }
    const ConnectRequest ask = read_connect(head);
    const ConnectDecision decision = impl_.settings_.decide(ask, from_);
    if (decision.status != 200) {
        impl_.tell_refused(from_, ask.host, decision.status);
        refuse(std::move(socket_), decision.status, decision.sentence);
        return;
    }
    // The head is in the socket, so it arrives at once, and a socket that was not written to has room for the response.
    std::array<std::uint8_t, connect_head_max> taken;
    if (runtime::read_some(socket_.get(), MutableBytes(taken).first(size)).bytes == size &&
        runtime::write_some(socket_.get(), as_bytes(connect_established)).bytes == connect_established.size()) {
        decision.take(std::move(socket_), from_);
    }
}

void ConnectPort::Impl::tell_refused(const runtime::SocketAddress& from, const std::string& service,
                                     std::uint16_t status) {
    static constexpr LogCategory refused{"connect_refused"};
    if (log_.may_write(LogLevel::info, refused, worker_.now())) {
        log_.info("a CONNECT visitor was rejected",
                  {{"visitor", from.text()}, {"service", printable(service, 100)}, {"status", status}});
    }
}

void ConnectPort::Impl::on_accept(runtime::Fd socket, const runtime::SocketAddress& from) {
    PrefacePlan plan;
    plan.proxy_header = settings_.proxies.contains(runtime::visitor_address(from));
    plan.deadline = settings_.deadline;
    login::ConnectionTicket ticket = limiter_->enter(plan.proxy_header ? std::string() : login::network_of(from));
    if (!ticket || static_cast<std::uint64_t>(socket.get()) >= descriptors_max_) {
        static constexpr LogCategory too_many{"connect_crowd"};
        if (log_.may_write(LogLevel::warn, too_many, worker_.now())) {
            log_.warn("a CONNECT visitor was rejected: too many connections without a request",
                      {{"visitor", from.text()}});
        }
        refuse(std::move(socket), 429, "Too many connections here have not sent their request yet.");
        return;
    }
    if (plan.empty()) {
        receive(std::move(socket), from, std::move(ticket));
        return;
    }
    prefaces_.begin(std::move(socket), from, plan, [this, ticket = std::move(ticket)](AcceptedVisitor visitor) {
        const auto said = runtime::SocketAddress::from_ip(net::ip_text(visitor.from), visitor.from.port);
        if (said && ticket->set_address(login::network_of(*said))) {
            receive(std::move(visitor.socket), *said, ticket);
        }
    });
}

void ConnectPort::Impl::receive(runtime::Fd socket, const runtime::SocketAddress& from,
                                login::ConnectionTicket ticket) {
    auto reading = std::make_unique<Reading>(*this, std::move(socket), from, std::move(ticket));
    Reading* const key = reading.get();
    Reading& known = *readings_.emplace(key, std::move(reading)).first->second;
    try {
        if (!known.begin()) {
            drop(known);
        }
    } catch (const std::exception&) {
        drop(known);
        throw;
    }
}

ConnectPort::ConnectPort(runtime::Worker& worker, runtime::Fd listener, Settings settings, Logger& log)
    : impl_(std::make_unique<Impl>(worker, std::move(listener), std::move(settings), log)) {}

ConnectPort::~ConnectPort() = default;

}  // namespace ferrotunnel::ingress
